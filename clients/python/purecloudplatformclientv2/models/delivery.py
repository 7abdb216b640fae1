"""Deliveries: mail on its way to one recipient each."""

from __future__ import annotations

from typing import Optional

from .member import Member
from .model import Model


class Delivery(Model):
    """A mail on its way to one recipient."""

    id = Member[str]("id")
    interaction_id = interactionid = Member[str]("interactionId")
    kind = Member[str]("kind")
    """``reply``, ``mail`` or ``forward``."""
    target = Member[str]("target")
    """The recipient's address."""
    state = Member[str]("state")
    """``pending``, ``delivered``, ``bounced``, ``dead`` or ``cancelled``."""
    attempts = Member[int]("attempts")
    next_attempt_at = nextattemptat = Member[Optional[str]]("nextAttemptAt")
    last_answer = lastanswer = Member[Optional[str]]("lastAnswer")
    """What the receiver last said, word for word, or what failed."""
    message_id = messageid = Member[str]("messageId")
    created_at = createdat = Member[str]("createdAt")
    delivered_at = deliveredat = Member[Optional[str]]("deliveredAt")
    ended_at = endedat = Member[Optional[str]]("endedAt")
    self_uri = selfuri = Member[str]("selfUri")
