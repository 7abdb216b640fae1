"""Problems: the details of an error, a warning or a validation."""

from __future__ import annotations

from typing import Any, Dict, Optional

from .member import Member
from .model import Model


class Problem(Model):
    """One problem: in a document, in a query, or with another thing that stands in the way."""

    code = Member[str]("code")
    message = Member[str]("message")
    severity = Member[Optional[str]]("severity")
    path = Member[Optional[str]]("path")
    """The field, such as ``nodes[0].actions[1].flowId``, or the query parameter."""
    range = Member[Optional[Dict[str, Any]]]("range")
    line = Member[Optional[int]]("line")
    column = Member[Optional[int]]("column")
    expected = Member[Optional[str]]("expected")
    found = Member[Optional[str]]("found")
    suggestion = Member[Optional[str]]("suggestion")
    flow_id = flowid = Member[Optional[str]]("flowId")
    flow_name = flowname = Member[Optional[str]]("flowName")
    version = Member[Optional[int]]("version")
    node_id = nodeid = Member[Optional[str]]("nodeId")
    action = Member[Optional[int]]("action")
    entity_kind = entitykind = Member[Optional[str]]("entityKind")
    entity_id = entityid = Member[Optional[str]]("entityId")
    entity_name = entityname = Member[Optional[str]]("entityName")

    def __str__(self) -> str:
        """One line: where it is, what it is, and what to do."""
        whose = f"flow `{self.flow_name}`" if self.flow_name else None
        thing = f"{self.entity_kind} `{self.entity_name or self.entity_id}`" if self.entity_kind else None
        line = f"line {self.line}, column {self.column}" if self.line is not None else None
        place = ", ".join(part for part in (whose, thing, self.path, line) if part)
        text = f"{place}: {self.message}" if place else f"{self.message}"
        if self.code:
            text += f" [{self.code}]"
        return f"{text}; {self.suggestion}" if self.suggestion else text
