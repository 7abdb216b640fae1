"""Where a server is."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Origin:
    """Scheme, host and port, and the path that the API's paths are below, mostly empty."""

    scheme: str
    host: str
    port: int
    prefix: str

    @classmethod
    def parse(cls, text: str) -> Origin:
        """Reads a server's address.

        ``https://http://127.0.0.1:8080`` is plain HTTP: programs that put ``https://`` before what their user says make it of
        an address with a scheme. Without any scheme it is HTTPS.
        """
        address = text.strip()
        lower = address.lower()
        for inner in ("http://", "https://"):
            if lower.startswith("https://" + inner):
                address = address[len("https://") :]
        if "://" not in address:
            address = "https://" + address
        # Nothing of the text is told: it may hold a password.
        problem = "the host must be an address such as `https://localhost:8443`"
        try:
            parts = urlsplit(address)
            port = parts.port
        except ValueError as error:
            raise ValueError(problem) from error
        if parts.username is not None or parts.password is not None:
            raise ValueError("the host must not hold credentials: they are `client_id` and `client_secret`")
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(problem)
        default = 443 if parts.scheme == "https" else 80
        return cls(parts.scheme, parts.hostname, default if port is None else port, parts.path.rstrip("/"))

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.prefix}"
