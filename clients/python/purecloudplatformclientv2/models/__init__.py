"""The API's objects."""

from .claim import Claim, ClaimState
from .decision import Decision
from .delivery import Delivery
from .domain import Domain
from .flow import Flow
from .flow_action import FlowAction, FlowActionSet
from .flow_action_type import FlowActionType
from .flow_data_type import FlowDataType
from .flow_entry import FlowCondition, FlowConditionSet, FlowEnd, FlowTrigger
from .flow_interface import FlowInput, FlowOutput, FlowVariable
from .flow_node import FlowBranch, FlowNode
from .flow_on_error import FlowOnError
from .flow_trial import FlowTrial
from .flow_version import FlowVersion
from .interaction import Envelope, Interaction, InteractionSummary, InteractionThread
from .listing import Chunk, Page
from .model import Model
from .problem import Problem
from .queue import Queue
from .reference import Reference
from .route import Route
from .run import Run, RunFlow, Trace

__all__ = [
    "Chunk",
    "Claim",
    "ClaimState",
    "Decision",
    "Delivery",
    "Domain",
    "Envelope",
    "Flow",
    "FlowAction",
    "FlowActionSet",
    "FlowActionType",
    "FlowBranch",
    "FlowCondition",
    "FlowConditionSet",
    "FlowDataType",
    "FlowEnd",
    "FlowInput",
    "FlowNode",
    "FlowOnError",
    "FlowOutput",
    "FlowTrial",
    "FlowTrigger",
    "FlowVariable",
    "FlowVersion",
    "Interaction",
    "InteractionSummary",
    "InteractionThread",
    "Model",
    "Page",
    "Problem",
    "Queue",
    "Reference",
    "Route",
    "Run",
    "RunFlow",
    "Trace",
]
