"""The types of inputs, outputs and variables."""

from __future__ import annotations

from .text_enum import TextEnum


class FlowDataType(TextEnum):
    """A data type. Lists and maps are written as texts: ``"list<string>"``, ``"map<integer>"``."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATETIME = "datetime"
    DURATION = "duration"
    JSON = "json"
