"""A loopback server that answers what it is told to, for what a good server rarely does."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Dict, List, Optional, Type

from purecloudplatformclientv2 import ApiClient, Configuration

TOKEN = "scripted-token-{}"
SECRET = "scripted-secret"


@dataclass
class Answer:
    """What to answer; without a status, the connection is closed after the request was read."""

    status: Optional[int] = 200
    body: Any = field(default_factory=dict)
    headers: Dict[str, str] = field(default_factory=dict)


@dataclass
class Seen:
    """A request that came."""

    method: str
    path: str
    headers: Message
    content: bytes
    at: float


class ScriptedServer:
    """Answers in turn; the last answer stays. Tokens are counted and always granted."""

    def __init__(self, *answers: Answer, expires_in: float = 3600.0, port: int = 0) -> None:
        self.answers = list(answers) or [Answer()]
        self.expires_in = expires_in
        self.requests: List[Seen] = []
        self.tokens = 0
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def client(self, **options: Any) -> ApiClient:
        """A client of this server that does not wait long between attempts."""
        given: Dict[str, Any] = {"client_id": "scripted", "client_secret": SECRET, "retry_backoff": 0.001}
        port = self._server.server_address[1]
        return ApiClient(Configuration(host=f"http://127.0.0.1:{port}", **{**given, **options}))

    def answer(self, seen: Seen) -> Answer:
        """The next answer."""
        with self._lock:
            if seen.path == "/oauth/token":
                self.tokens += 1
                granted = {"access_token": TOKEN.format(self.tokens), "expires_in": self.expires_in}
                return Answer(200, granted)
            self.requests.append(seen)
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def __enter__(self) -> ScriptedServer:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(script: ScriptedServer) -> Type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        # A connection that stays open would keep its thread, which the server waits for at its end.
        protocol_version = "HTTP/1.0"

        def handle_any(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = script.answer(Seen(self.command, self.path, self.headers, content, time.monotonic()))
            if answer.status is None:
                return
            body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = handle_any

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
