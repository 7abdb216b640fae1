"""The types of actions."""

from __future__ import annotations

from .text_enum import TextEnum


class FlowActionType(TextEnum):
    """What an action does."""

    RUNFLOW = "runFlow"
    TRANSFERTOFLOW = "transferToFlow"
    SETVARIABLE = "setVariable"
    SETOUTPUT = "setOutput"
    SETATTRIBUTES = "setAttributes"
    SETPRIORITY = "setPriority"
    TRANSFERTOQUEUE = "transferToQueue"
    FORWARD = "forward"
    DISCONNECT = "disconnect"
    RETURN = "return"
    LOG = "log"
