"""Sending requests, again if need be."""

from __future__ import annotations

import ssl
import time
from dataclasses import dataclass
from typing import Optional

import urllib3
from urllib3 import exceptions as http

from .configuration import Configuration
from .request import Request
from .response import Response
from .rest import ApiException
from .retry_policy import is_transient, may_have_acted

MAX_CONNECTIONS = 32
"""More threads than that wait for one another."""


class Transport:
    """Connections to one server. Safe to be used by many threads."""

    def __init__(self, configuration: Configuration) -> None:
        self._origin = configuration.origin
        self._timeout = configuration.timeout
        self._policy = configuration.retry_policy
        self._pool = _pool(configuration)

    def send(self, request: Request) -> Response:
        """The answer, whatever its status, after as many attempts as are allowed and sensible."""
        attempt = 0
        may_be_done = False
        while True:
            wait: Optional[float]
            try:
                response = self._send_once(request)
            except _NoAnswer as failure:
                may_be_done = may_be_done or failure.sent
                again = failure.transient and (request.repeatable or not failure.sent)
                if not again or attempt >= self._policy.max_retries:
                    raise ApiException(0, f"{self._origin}: {failure.reason}") from failure.cause
                wait = self._policy.wait(attempt)
            else:
                if may_be_done and request.method == "DELETE" and response.status in (404, 410):
                    # An earlier attempt took away what is not there now: that is what was asked for.
                    return Response(204, "", response.headers, b"")
                may_be_done = may_be_done or may_have_acted(response)
                has_key = "Idempotency-Key" in request.headers
                transient = is_transient(response, has_key=has_key, repeatable=request.repeatable)
                if attempt >= self._policy.max_retries or not transient:
                    return response
                wait = self._policy.wait_for(response, attempt)
                if wait is None:
                    return response
            time.sleep(wait)
            attempt += 1

    def close(self) -> None:
        """Closes idle connections."""
        self._pool.close()

    def _send_once(self, request: Request) -> Response:
        timeout = urllib3.Timeout(connect=self._timeout, read=self._timeout + request.patience)
        try:
            answer = self._pool.urlopen(
                request.method,
                self._origin.prefix + request.target,
                body=request.content,
                headers=request.headers,
                timeout=timeout,
                retries=False,
                # A token must not follow wherever an answer points.
                redirect=False,
            )
        except http.HTTPError as error:
            raise _no_answer(error) from error
        return Response(answer.status, answer.reason or "", answer.headers, answer.data)


@dataclass
class _NoAnswer(Exception):
    """Why there is no answer; ``sent``: whether the server may have taken the request."""

    reason: str
    cause: Exception
    sent: bool = True
    transient: bool = True


def _no_answer(error: http.HTTPError) -> _NoAnswer:
    if isinstance(error, http.NameResolutionError):
        return _NoAnswer("the host's name can't be resolved", error, sent=False)
    if isinstance(error, http.NewConnectionError):
        return _NoAnswer(f"no connection: {_root(error)}", error, sent=False)
    if isinstance(error, http.ConnectTimeoutError):
        return _NoAnswer("no connection in time", error, sent=False)
    if isinstance(error, http.ReadTimeoutError):
        return _NoAnswer("no answer in time", error)
    if isinstance(error, http.SSLError):
        cause = error.args[0] if error.args else error
        if isinstance(cause, ssl.SSLCertVerificationError):
            reason = f"the server's certificate is not trusted: {cause.verify_message}"
            return _NoAnswer(reason, error, sent=False, transient=False)
        return _NoAnswer(f"TLS failed: {cause}", error)
    return _NoAnswer(f"the connection broke: {_root(error)}", error)


def _root(error: BaseException) -> BaseException:
    """The system's error, without the layers that wrap it."""
    while error.__cause__ is not None or error.__context__ is not None:
        error = error.__cause__ or error.__context__ or error
    return error


def _pool(configuration: Configuration) -> urllib3.HTTPConnectionPool:
    origin = configuration.origin
    if origin.scheme == "http":
        return urllib3.HTTPConnectionPool(origin.host, origin.port, maxsize=MAX_CONNECTIONS, block=True)
    # Without a file of its own, the default context reads that of SSL_CERT_FILE.
    context = ssl.create_default_context(cafile=configuration.ssl_ca_cert)
    return urllib3.HTTPSConnectionPool(
        origin.host, origin.port, maxsize=MAX_CONNECTIONS, block=True, ssl_context=context
    )
