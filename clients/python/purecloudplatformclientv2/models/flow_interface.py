"""What a flow takes, gives and keeps."""

from __future__ import annotations

from typing import Any, Optional

from .member import Member
from .model import Model


class FlowInput(Model):
    """A value that callers hand in; without a default they must."""

    name = Member[str]("name")
    data_type = datatype = Member[str]("dataType")
    description = Member[Optional[str]]("description")
    default = Member[Any]("default")


class FlowOutput(Model):
    """A value that callers read."""

    name = Member[str]("name")
    data_type = datatype = Member[str]("dataType")
    description = Member[Optional[str]]("description")
    default = Member[Any]("default")
    required = Member[Optional[bool]]("required")
    """Whether every path to the end must set it."""


class FlowVariable(Model):
    """A declared variable of the flow's own."""

    name = Member[str]("name")
    data_type = datatype = Member[str]("dataType")
    default = Member[Any]("default")
