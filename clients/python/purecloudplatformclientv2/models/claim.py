"""Claims: work taken from a queue for a while."""

from __future__ import annotations

from typing import Optional

from .interaction import Interaction
from .member import Member
from .model import Model


class Claim(Model):
    """A claim. Whoever has the token may end it."""

    token = Member[str]("token", secret=True)
    expires_at = expiresat = Member[str]("expiresAt")
    interaction = Member[Interaction]("interaction", lambda: Interaction)


class ClaimState(Model):
    """What became of a claim."""

    token = Member[str]("token", secret=True)
    state = Member[str]("state")
    """Where its interaction stands now."""
    expires_at = expiresat = Member[Optional[str]]("expiresAt")
