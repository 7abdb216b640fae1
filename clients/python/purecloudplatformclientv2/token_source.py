"""Access tokens: got with a client's credentials, kept, and renewed."""

from __future__ import annotations

import base64
import json
import threading
import time
from typing import Optional

from .configuration import Configuration
from .request import Request
from .rest import ApiException
from .transport import Transport

MARGIN = 60.0
"""A token is renewed so many seconds before it ends, or after four fifths of its life if that is later."""


class TokenSource:
    """The token of one client, shared by all its threads."""

    def __init__(self, configuration: Configuration, transport: Transport) -> None:
        self._configuration = configuration
        self._transport = transport
        self._lock = threading.Lock()
        self._token: Optional[str] = configuration.access_token or None
        self._renew_at: Optional[float] = None

    @property
    def renewable(self) -> bool:
        """Whether there are credentials to get tokens with."""
        return bool(self._configuration.client_id and self._configuration.client_secret)

    def get(self) -> str:
        """A token that should be good for a request."""
        # Held while a token is on its way: threads that need one wait for it, and don't ask for their own.
        with self._lock:
            ended = self._renew_at is not None and time.monotonic() >= self._renew_at
            if self._token is None or ended:
                self._fetch()
            return _sendable(self._token)

    def discard(self, token: str) -> None:
        """Forgets a token that the server refused, unless another thread has renewed it already."""
        with self._lock:
            if self._token == token:
                self._token = None

    def _fetch(self) -> None:
        configuration = self._configuration
        if not configuration.client_id or not configuration.client_secret:
            raise ValueError("the configuration has neither an access token nor a client's id and secret")
        credentials = f"{configuration.client_id}:{configuration.client_secret}".encode()
        headers = {
            "Authorization": "Basic " + base64.b64encode(credentials).decode("ascii"),
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        # One token too many does no harm.
        request = Request("POST", "/oauth/token", headers, b"grant_type=client_credentials", repeatable=True)
        asked_at = time.monotonic()
        response = self._transport.send(request)
        if response.status != 200:
            raise ApiException.of(response)
        try:
            granted = json.loads(response.content)
            token, lasts = str(granted["access_token"]), float(granted.get("expires_in") or 0)
        except (ValueError, KeyError, TypeError, AttributeError):
            # Neither the body nor the cause: they may hold the token.
            raise ApiException(response.status, "the token endpoint answered no token") from None
        self._token = token
        self._renew_at = asked_at + max(lasts - MARGIN, lasts * 0.8) if lasts > 0 else None
        configuration.access_token = token


def _sendable(token: Optional[str]) -> str:
    """The token, if it can stand in a header. What refuses it later would tell it."""
    if not token or not all("!" <= character <= "~" for character in token):
        raise ValueError("the access token has characters that no token may have")
    return token
