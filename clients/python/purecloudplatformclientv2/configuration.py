"""What a client is told at its start."""

from __future__ import annotations

from typing import Optional

from .origin import Origin
from .retry_policy import RetryPolicy


class Configuration:
    """Where the server is, who the client is, and how patient it is."""

    def __init__(
        self,
        host: str = "https://localhost:8443",
        access_token: Optional[str] = None,
        client_id: Optional[str] = None,
        client_secret: Optional[str] = None,
        *,
        timeout: float = 30.0,
        max_retries: int = 5,
        retry_backoff: float = 0.5,
        max_backoff: float = 20.0,
        max_retry_after: float = 60.0,
        ssl_ca_cert: Optional[str] = None,
    ) -> None:
        """With a client's id and secret, tokens are got and renewed; an access token alone is used until it is refused.

        Times are in seconds. ``timeout`` is for connecting and for each wait for data. A request is sent again
        ``max_retries`` times at most; the waits grow from ``retry_backoff`` to ``max_backoff``, unless the server names one
        with ``Retry-After``. One longer than ``max_retry_after`` is not waited for. ``ssl_ca_cert`` is a PEM file that
        certificates are verified with; without it, that of ``SSL_CERT_FILE``, or the system's.
        """
        if timeout <= 0:
            raise ValueError("timeout must be more than 0")
        Origin.parse(host)  # What is wrong with it shall be told here, not when it is used.
        self.host = host
        self.access_token = access_token
        self.client_id = client_id
        self.client_secret = client_secret
        self.timeout = timeout
        self.retry_policy = RetryPolicy(max_retries, retry_backoff, max_backoff, max_retry_after)
        self.ssl_ca_cert = ssl_ca_cert

    @property
    def origin(self) -> Origin:
        """The host, taken apart."""
        return Origin.parse(self.host)

    def __repr__(self) -> str:
        return f"Configuration(host='{self.origin}', client_id={self.client_id!r})"
