"""Actions of a flow."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Optional, Union

from .flow_on_error import FlowOnError
from .member import Member
from .model import Model


class FlowAction(Model):
    """One action. Which members it has depends on its type; the server checks them."""

    type = Member[str]("type")
    name = Member[Optional[str]]("name")
    on_error = onerror = Member[Optional[FlowOnError]]("onError", lambda: FlowOnError)
    """Where the run goes on when the action fails."""

    flow_id = flowid = Member[Optional[str]]("flowId")
    """The flow that is called."""
    flow = Member[Optional[str]]("flow")
    """The same by its name."""
    version = Member[Union[int, str, None]]("version")
    """A number or a label; absent: whatever is published when the run starts."""
    input_mapping = inputmapping = Member[Optional[List[Dict[str, Any]]]]("inputMapping")
    """``{"name", "value"}`` for each input."""
    output_mapping = outputmapping = Member[Optional[List[Dict[str, Any]]]]("outputMapping")
    """``{"name", "value"}`` for each variable that is set."""

    value = Member[Any]("value")
    attributes = Member[Optional[Dict[str, str]]]("attributes")
    queue = Member[Optional[str]]("queue")
    """A queue's name or id."""
    priority = Member[Union[int, str, None]]("priority")
    skills = Member[Union[List[str], str, None]]("skills")
    language = Member[Optional[str]]("language")
    addresses = Member[Union[List[str], str, None]]("addresses")
    reason = Member[Optional[str]]("reason")
    level = Member[Optional[str]]("level")
    message = Member[Optional[str]]("message")


class FlowActionSet(List[FlowAction]):
    """The actions of a node: a list, which ``FlowNode(actions=...)`` takes as it takes any other."""

    def __init__(self, actions: Iterable[FlowAction] = ()) -> None:
        super().__init__(actions)
