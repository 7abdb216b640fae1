"""What is raised when a request was not a success."""

from __future__ import annotations

import json
from typing import Any, List, Mapping, Optional

from .models.problem import Problem
from .response import Response


class ApiException(Exception):
    """A request that was refused, or that got no answer: then the status is 0."""

    def __init__(
        self,
        status: int = 0,
        reason: Optional[str] = None,
        body: Optional[str] = None,
        headers: Optional[Mapping[str, str]] = None,
    ) -> None:
        super().__init__(status, reason)
        self.status = status
        """The HTTP status; 0 for a connection that failed."""
        self.reason = reason
        """What the status is called, or why there is no answer."""
        self.body = body
        """The answer's body as it came."""
        self.headers: Mapping[str, str] = {} if headers is None else headers
        """The answer's headers; names are found whatever their case."""
        told = _object(body)
        self.message: Optional[str] = _text(told.get("message"))
        """What is wrong, for people."""
        self.code: Optional[str] = _text(told.get("code"))
        """What is wrong, for programs."""
        self.context_id: Optional[str] = _text(told.get("contextId")) or self.headers.get("ININ-Correlation-Id")
        """Names the request in the server's log."""
        self.errors: List[Problem] = _problems(told.get("errors"))
        """Every problem."""

    @classmethod
    def of(cls, response: Response) -> ApiException:
        """The exception for an answer that is not a success."""
        body = response.content.decode("utf-8", "replace")
        return cls(response.status, response.reason, body, response.headers)

    def __str__(self) -> str:
        first = f"({self.status}) {self.code or self.reason}: {self.message or self.reason}"
        if not self.code and not self.message:
            first = f"({self.status}) {self.reason}"
        lines = [first, *(f"  {problem}" for problem in self.errors)]
        if self.context_id:
            lines.append(f"  context id: {self.context_id}")
        return "\n".join(lines)


def _object(body: Optional[str]) -> Mapping[str, Any]:
    """The body's members. What stands between client and server may answer with anything."""
    try:
        told = json.loads(body or "")
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _text(value: Any) -> Optional[str]:
    return value if isinstance(value, str) and value else None


def _problems(value: Any) -> List[Problem]:
    if not isinstance(value, list):
        return []
    return [Problem.from_dict(one) for one in value if isinstance(one, dict)]
