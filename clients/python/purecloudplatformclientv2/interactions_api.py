"""Mail, and what became of it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Iterator, List, Optional, Sequence

from .message import message_bytes
from .models.claim import Claim, ClaimState
from .models.interaction import Interaction, InteractionSummary
from .models.listing import Chunk
from .models.run import Trace
from .paging import all_chunks
from .target import path

if TYPE_CHECKING:
    from .api_client import ApiClient

DECISION_PATIENCE = 15.0
"""For how many seconds the server waits for a decision."""


class InteractionsApi:
    """Interactions: sent, read, run again, claimed from their queues."""

    def __init__(self, api_client: ApiClient) -> None:
        self._client = api_client

    def send(
        self,
        message: bytes,
        to: str,
        from_: str = "",
        wait: bool = False,
        idempotency_key: Optional[str] = None,
    ) -> Interaction:
        """Hands in a raw message (RFC 5322) for an address; with ``wait``, the answer has its decision if it comes in time.

        Whoever may send the same mail again, in another call or process, gives both the same key.
        """
        # With a key of its own, a mail whose answer was lost can be sent again without being taken twice.
        key = str(uuid.uuid4()) if idempotency_key is None else idempotency_key
        answer = self._client.call_json(
            "POST",
            path("interactions"),
            query={"to": to, "from": from_, "wait": wait or None},
            content=message_bytes(message),
            content_type="message/rfc822",
            headers={"Idempotency-Key": key},
            patience=DECISION_PATIENCE if wait else 0.0,
        )
        return Interaction.from_dict(answer)

    def get(self, interaction_id: str) -> Interaction:
        """An interaction, with its runs."""
        return Interaction.from_dict(self._client.call_json("GET", path("interactions", interaction_id)))

    def list(self, **filters: Any) -> Chunk[Interaction]:
        """A part of the interactions, newest first, without runs.

        Filters: ``page_size``, ``cursor``, ``state``, ``decision``, ``queue``, ``flow_id``, ``from_``, ``to``,
        ``message_id``, ``subject`` (a part of it), ``since``, ``until``.
        """
        return Chunk(self._client.call_json("GET", path("interactions"), query=filters), Interaction)

    def iter_interactions(self, **filters: Any) -> Iterator[Interaction]:
        """All interactions, newest first, with the filters of :meth:`list`."""
        return all_chunks(self.list, filters)

    def get_summary(self) -> InteractionSummary:
        """Counts over all interactions."""
        return InteractionSummary.from_dict(self._client.call_json("GET", path("interactions", "summary")))

    def get_trace(self, interaction_id: str, run: Optional[int] = None) -> Trace:
        """What the runs did, step by step: all of them, or the one of that number."""
        answer = self._client.call_json("GET", path("interactions", interaction_id, "trace"), query={"run": run})
        return Trace.from_dict(answer)

    def get_message(self, interaction_id: str) -> bytes:
        """The raw message, as it was received."""
        return self._client.call("GET", path("interactions", interaction_id, "message")).content

    def rerun(self, interaction_id: str) -> Interaction:
        """Runs an interaction again with what is published now; the interaction as it then stands, perhaps undecided."""
        answer = self._client.call_json("POST", path("interactions", interaction_id, "rerun"), body={})
        return Interaction.from_dict(answer)

    def erase_content(self, interaction_id: str) -> None:
        """Erases message, subject and traces. That there was an interaction is kept."""
        self._client.call("DELETE", path("interactions", interaction_id, "content"))

    def claim(
        self,
        queue_id: str,
        max: int = 1,
        lease_seconds: int = 60,
        wait_seconds: int = 0,
        skills: Optional[Sequence[str]] = None,
    ) -> List[Claim]:
        """Takes work from a queue for a while: higher priority first, then older; empty if there is none in time.

        With ``skills``, only work whose skills are all among them.
        """
        body = {"max": max, "leaseSeconds": lease_seconds, "waitSeconds": wait_seconds}
        asked = body if skills is None else {**body, "skills": [*skills]}
        target = path("routing", "queues", queue_id, "claims")
        answer = self._client.call_json("POST", target, body=asked, patience=float(wait_seconds))
        return [Claim.from_dict(claim) for claim in answer["entities"]]

    def ack(self, queue_id: str, token: str) -> ClaimState:
        """Completes claimed work."""
        return self._end(queue_id, token, "ack", {})

    def release(self, queue_id: str, token: str) -> ClaimState:
        """Gives claimed work back to its queue."""
        return self._end(queue_id, token, "release", {})

    def extend(self, queue_id: str, token: str, lease_seconds: int = 60) -> ClaimState:
        """Makes a claim last so long from now on."""
        return self._end(queue_id, token, "extend", {"leaseSeconds": lease_seconds})

    def _end(self, queue_id: str, token: str, how: str, body: Any) -> ClaimState:
        target = path("routing", "queues", queue_id, "claims", token, how)
        # Released twice, it is a lost lease: success would look like a conflict.
        return ClaimState.from_dict(self._client.call_json("POST", target, body=body, repeatable=how != "release"))
