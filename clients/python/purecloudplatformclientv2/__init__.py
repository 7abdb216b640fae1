"""A client of Waypost, the inbound email routing server."""

from . import models
from .api_client import ApiClient
from .configuration import Configuration
from .flows_api import FlowsApi
from .interactions_api import InteractionsApi
from .models import *  # noqa: F403
from .rest import ApiException
from .routing_api import RoutingApi
from .version import VERSION as __version__

__all__ = [
    "ApiClient",
    "ApiException",
    "Configuration",
    "FlowsApi",
    "InteractionsApi",
    "RoutingApi",
    "__version__",
]
__all__ += models.__all__
