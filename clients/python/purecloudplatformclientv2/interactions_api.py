"""Mail, and what became of it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Mapping, Optional, Sequence, Union

from .decode import decoded
from .message import message_bytes
from .models.claim import Claim, ClaimState
from .models.delivery import Delivery
from .models.interaction import Interaction, InteractionSummary
from .models.listing import Chunk
from .models.reference import Reference
from .models.run import Trace
from .paging import all_chunks
from .target import path

if TYPE_CHECKING:
    from .api_client import ApiClient

DECISION_PATIENCE = 15.0
"""For how many seconds the server waits for a decision."""


class InteractionsApi:
    """Interactions: sent, read, run again, claimed from their queues and acted on."""

    def __init__(self, api_client: ApiClient) -> None:
        self._client = api_client

    def send(
        self,
        message: bytes,
        to: str,
        from_: str = "",
        wait: bool = False,
        idempotency_key: Optional[str] = None,
    ) -> Optional[Interaction]:
        """Hands in a raw message (RFC 5322) for an address; with ``wait``, the answer has its decision if it comes in time.

        A bounce of something that was sent makes no interaction: the answer is ``None``.
        Whoever may send the same mail again, in another call or process, gives both the same key.
        """
        answer = self._client.call(
            "POST",
            path("interactions"),
            query={"to": to, "from": from_, "wait": wait or None},
            content=message_bytes(message),
            content_type="message/rfc822",
            headers=_once(idempotency_key),
            patience=DECISION_PATIENCE if wait else 0.0,
        )
        return Interaction.from_dict(decoded(answer)) if answer.content else None

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

    def reply(
        self,
        interaction_id: str,
        token: str,
        text: str = "",
        html: Optional[str] = None,
        subject: Optional[str] = None,
        reply_all: bool = False,
        attach_original: bool = False,
        idempotency_key: Optional[str] = None,
    ) -> List[Delivery]:
        """Answers the sender of claimed work, under the claim's token.

        The same reply with the same key within 24 hours is sent once.
        """
        optional = {"html": html, "subject": subject}
        body = {
            "token": token,
            "text": text,
            "replyAll": reply_all,
            "attachOriginal": attach_original,
            **{name: value for name, value in optional.items() if value is not None},
        }
        return self._send_claimed(interaction_id, "reply", body, idempotency_key)

    def forward(
        self,
        interaction_id: str,
        token: str,
        addresses: Sequence[str],
        attach: bool = False,
        text: Optional[str] = None,
        idempotency_key: Optional[str] = None,
    ) -> List[Delivery]:
        """Hands the message of claimed work on, under the claim's token: unchanged, or attached to a new mail with a text.

        The same forward with the same key within 24 hours is sent once.
        """
        body = {"token": token, "addresses": [*addresses], "attach": attach}
        asked = body if text is None else {**body, "text": text}
        return self._send_claimed(interaction_id, "forward", asked, idempotency_key)

    def transfer(
        self,
        interaction_id: str,
        token: str,
        queue: Union[Reference, Mapping[str, str]],
        priority: Optional[int] = None,
        skills: Optional[Sequence[str]] = None,
        language: Optional[str] = None,
    ) -> Interaction:
        """Puts claimed work into another queue, by its ``id`` or ``name``; the claim ends."""
        optional = {
            "priority": priority,
            "skills": None if skills is None else [*skills],
            "language": language,
        }
        body = {
            "token": token,
            "queue": queue,
            **{name: value for name, value in optional.items() if value is not None},
        }
        return Interaction.from_dict(
            self._client.call_json("POST", path("interactions", interaction_id, "transfer"), body=body)
        )

    def complete(self, interaction_id: str, token: str, outcome: Optional[str] = None) -> Interaction:
        """Completes claimed work, with what came of it in a word; the claim ends. Twice changes nothing."""
        body = {"token": token} if outcome is None else {"token": token, "outcome": outcome}
        target = path("interactions", interaction_id, "complete")
        return Interaction.from_dict(self._client.call_json("POST", target, body=body, repeatable=True))

    def _send_claimed(
        self, interaction_id: str, how: str, body: Mapping[str, Any], idempotency_key: Optional[str]
    ) -> List[Delivery]:
        target = path("interactions", interaction_id, how)
        answer = self._client.call_json("POST", target, body=body, headers=_once(idempotency_key))
        return [Delivery.from_dict(delivery) for delivery in answer["entities"]]

    def _end(self, queue_id: str, token: str, how: str, body: Any) -> ClaimState:
        target = path("routing", "queues", queue_id, "claims", token, how)
        # Released twice, it is a lost lease: success would look like a conflict.
        return ClaimState.from_dict(self._client.call_json("POST", target, body=body, repeatable=how != "release"))


def _once(idempotency_key: Optional[str]) -> Dict[str, Optional[str]]:
    """The header of a request that does no more when it arrives twice."""
    # With a key of its own, a request whose answer was lost can be sent again.
    return {"Idempotency-Key": str(uuid.uuid4()) if idempotency_key is None else idempotency_key}
