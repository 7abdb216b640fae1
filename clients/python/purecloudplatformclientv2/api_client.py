"""The client."""

from __future__ import annotations

import json
from dataclasses import replace
from types import TracebackType
from typing import Any, Dict, Mapping, Optional, Type

from .configuration import Configuration
from .decode import decoded
from .flows_api import FlowsApi
from .interactions_api import InteractionsApi
from .models.wire import to_wire
from .request import Request
from .response import Response
from .rest import ApiException
from .routing_api import RoutingApi
from .target import query as query_string
from .token_source import TokenSource
from .transport import Transport
from .version import VERSION

REPEATABLE = frozenset({"GET", "PUT", "DELETE"})
"""Methods that do no more when they are done twice (RFC 9110 section 9.2.2), of those in use."""


class ApiClient:
    """A client of one server. Safe to be used by many threads."""

    def __init__(self, configuration: Optional[Configuration] = None) -> None:
        self.configuration = Configuration() if configuration is None else configuration
        self._transport = Transport(self.configuration)
        self._tokens = TokenSource(self.configuration, self._transport)

    def FlowsApi(self) -> FlowsApi:  # noqa: N802
        """Flows and their versions."""
        return FlowsApi(self)

    def RoutingApi(self) -> RoutingApi:  # noqa: N802
        """Queues, domains and routes."""
        return RoutingApi(self)

    def InteractionsApi(self) -> InteractionsApi:  # noqa: N802
        """Mail, and what became of it."""
        return InteractionsApi(self)

    def get_access_token(self) -> str:
        """A valid access token, got from the server if there is none. Calls do this by themselves."""
        return self._tokens.get()

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Optional[Mapping[str, Any]] = None,
        body: Any = None,
        content: Optional[bytes] = None,
        content_type: str = "application/json",
        headers: Optional[Mapping[str, Optional[str]]] = None,
        repeatable: Optional[bool] = None,
        patience: float = 0.0,
    ) -> Response:
        """Sends a request and returns its answer, if it is a success; else raises :class:`ApiException`.

        ``body`` is sent as JSON; ``content`` as it is. Headers that are ``None`` are left out. ``repeatable`` says whether
        the request may be sent again when nobody knows whether it arrived, where the method doesn't tell.
        """
        sent: Dict[str, str] = {name: value for name, value in (headers or {}).items() if value is not None}
        if repeatable is None:
            # What an If-Match allowed once, it refuses the second time: success would look like a conflict.
            repeatable = "Idempotency-Key" in sent or (method in REPEATABLE and "If-Match" not in sent)
        if body is not None:
            content = json.dumps(to_wire(body), allow_nan=False).encode("ascii")
        if content is not None:
            sent["Content-Type"] = content_type
        sent["User-Agent"] = f"waypost-client/{VERSION} python"
        target = path + query_string(query or {})
        request = Request(method, target, sent, content, repeatable, patience)
        token = self._tokens.get()
        response = self._transport.send(_authorized(request, token))
        if response.status == 401 and self._tokens.renewable:
            self._tokens.discard(token)
            response = self._transport.send(_authorized(request, self._tokens.get()))
        if not 200 <= response.status < 300:
            raise ApiException.of(response)
        return response

    def call_json(self, method: str, path: str, **options: Any) -> Any:
        """The same for answers in JSON: the value."""
        return decoded(self.call(method, path, **options))

    def close(self) -> None:
        """Closes idle connections. The client may be used again."""
        self._transport.close()

    def __enter__(self) -> ApiClient:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"ApiClient({self.configuration!r})"


def _authorized(request: Request, token: str) -> Request:
    return replace(request, headers={**request.headers, "Authorization": f"Bearer {token}"})
