"""Flows."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from .flow_entry import FlowConditionSet, FlowEnd, FlowTrigger
from .flow_interface import FlowInput, FlowOutput, FlowVariable
from .flow_node import FlowNode
from .flow_on_error import FlowOnError
from .flow_version import FlowVersion
from .member import Member
from .model import Model
from .problem import Problem
from .reference import Reference


class Flow(Model):
    """A flow: its document, and what the server tells about it. Lists of flows leave the document's content out."""

    id = Member[str]("id")
    name = Member[str]("name")
    type = Member[str]("type")
    """``email``, or ``shared`` for what is only called."""
    description = Member[Optional[str]]("description")

    inputs = Member[Optional[List[FlowInput]]]("inputs", lambda: FlowInput)
    outputs = Member[Optional[List[FlowOutput]]]("outputs", lambda: FlowOutput)
    variables = Member[Optional[List[FlowVariable]]]("variables", lambda: FlowVariable)
    trigger = Member[Optional[FlowTrigger]]("trigger", lambda: FlowTrigger)
    condition_set = conditionset = Member[Optional[FlowConditionSet]]("conditionSet", lambda: FlowConditionSet)
    nodes = Member[Optional[List[FlowNode]]]("nodes", lambda: FlowNode)
    """The first is where a run starts."""
    on_error = onerror = Member[Optional[FlowOnError]]("onError", lambda: FlowOnError)
    end = Member[Optional[FlowEnd]]("end", lambda: FlowEnd)

    division = Member[Optional[Reference]]("division", lambda: Reference)
    active = Member[bool]("active")
    """Whether a version is published."""
    deleted = Member[Optional[bool]]("deleted")
    version = Member[Optional[int]]("version")
    """The version whose content this is."""
    published_version = publishedversion = Member[Optional[FlowVersion]]("publishedVersion", lambda: FlowVersion)
    saved_version = savedversion = Member[Optional[FlowVersion]]("savedVersion", lambda: FlowVersion)
    checked_in_version = checkedinversion = Member[Optional[FlowVersion]]("checkedInVersion", lambda: FlowVersion)
    labels = Member[Optional[Dict[str, Any]]]("labels")
    deprecated = Member[Optional[str]]("deprecated")
    may_decide = maydecide = Member[Optional[bool]]("mayDecide")
    """Whether a call of it may end the run."""
    warnings = Member[Optional[List[Problem]]]("warnings", lambda: Problem)
    date_created = datecreated = Member[str]("dateCreated")
    date_modified = datemodified = Member[str]("dateModified")
    created_by = createdby = Member[Optional[Reference]]("createdBy", lambda: Reference)
    self_uri = selfuri = Member[str]("selfUri")

    _etag: Optional[str] = None

    @property
    def etag(self) -> Optional[str]:
        """The revision that the server gave with it, for ``put_flow(if_match=...)``."""
        return self._etag
