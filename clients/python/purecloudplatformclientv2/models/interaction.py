"""Interactions: accepted mail and what became of it."""

from __future__ import annotations

from typing import Dict, List, Optional

from .decision import Decision
from .member import Member
from .model import Model
from .run import Run, RunFlow


class Envelope(Model):
    """How a mail was handed over."""

    from_ = Member[str]("from")
    """The sender; empty for the null reverse-path."""
    to = Member[str]("to")
    remote = Member[str]("remote")


class InteractionThread(Model):
    """Where an interaction stands in its thread."""

    id = Member[str]("id")
    """The thread's id: that of its first interaction."""
    reason = Member[str]("reason")
    """``new``, ``references``, ``in-reply-to``, ``marker`` or ``subject``."""
    position = Member[int]("position")


class Interaction(Model):
    """One mail for one route, from acceptance to its decision."""

    id = Member[str]("id")
    state = Member[str]("state")
    """``received``, ``running``, ``decided``, ``claimed`` or ``completed``."""
    received_at = receivedat = Member[str]("receivedAt")
    queued_at = queuedat = Member[Optional[str]]("queuedAt")
    """When it came into its queue; ``None`` while it is in none."""
    over_service_level = overservicelevel = Member[Optional[bool]]("overServiceLevel")
    """Whether it waits for longer than its queue's service level."""
    envelope = Member[Envelope]("envelope", lambda: Envelope)
    message_id = messageid = Member[Optional[str]]("messageId")
    subject = Member[Optional[str]]("subject")
    flow = Member[Optional[RunFlow]]("flow", lambda: RunFlow)
    decision = Member[Optional[Decision]]("decision", lambda: Decision)
    """How the last run ended."""
    runs = Member[Optional[List[Run]]]("runs", lambda: Run)
    attributes = Member[Dict[str, str]]("attributes")
    duplicates = Member[int]("duplicates")
    """How often the same mail came again."""
    duplicates_reason = duplicatesreason = Member[Optional[str]]("duplicatesReason")
    """Why it counted as the same; ``None`` if none came."""
    possible_duplicate_of = possibleduplicateof = Member[Optional[str]]("possibleDuplicateOf")
    thread = Member[Optional[InteractionThread]]("thread", lambda: InteractionThread)
    """The conversation that it belongs to."""
    duplicate = Member[Optional[bool]]("duplicate")
    """In the answer to a mail that was accepted before: this is the interaction that it made then."""
    erased = Member[Optional[bool]]("erased")
    self_uri = selfuri = Member[str]("selfUri")


class InteractionSummary(Model):
    """Counts over all interactions."""

    accepted = Member[int]("accepted")
    duplicates = Member[int]("duplicates")
    interactions = Member[int]("interactions")
    by_state = bystate = Member[Dict[str, int]]("byState")
    by_decision = bydecision = Member[Dict[str, int]]("byDecision")
    unrouted = Member[int]("unrouted")
    """How many wait as unrouted, failed forwards among them."""
    oldest_undecided_at = oldestundecidedat = Member[Optional[str]]("oldestUndecidedAt")
