"""The server that the tests run against."""

from __future__ import annotations

import os
import unittest
import uuid
from typing import Any

from purecloudplatformclientv2 import ApiClient, Configuration


def setting(name: str) -> str:
    """A setting from the environment. Without it the test is skipped."""
    value = os.environ.get(name)
    if not value:
        raise unittest.SkipTest(f"{name} is not set")
    return value


def configuration(**options: Any) -> Configuration:
    """A configuration for the server."""
    options.setdefault("host", setting("WAYPOST_URL"))
    options.setdefault("client_id", setting("WAYPOST_CLIENT_ID"))
    options.setdefault("client_secret", setting("WAYPOST_CLIENT_SECRET"))
    return Configuration(**options)


def unique(name: str) -> str:
    """A name that no other test, and no earlier run, has used."""
    return f"{name} {uuid.uuid4().hex[:12]}"


class WaypostTest(unittest.TestCase):
    """A test against the server."""

    client: ApiClient

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.client = ApiClient(configuration())
        cls.addClassCleanup(cls.client.close)
