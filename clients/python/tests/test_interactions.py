"""Interactions and claims, on the server."""

from __future__ import annotations

import time
import unittest
import uuid
from datetime import datetime, timedelta, timezone
from typing import Optional

from purecloudplatformclientv2 import ApiException, Domain, Flow, FlowAction, FlowNode, Interaction, Queue, Reference, Route

from .waypost import WaypostTest, unique


def made(sent: Optional[Interaction]) -> Interaction:
    """The interaction that a mail made which is no bounce."""
    assert sent is not None
    return sent


class Interactions(WaypostTest):
    queue: Queue
    to: str

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        routing = cls.client.RoutingApi()
        cls.queue = routing.post_queue(Queue(name=unique("Work")))
        action = FlowAction(type="transferToQueue", queue=cls.queue.name, skills=["refunds"])
        flow = Flow(name=unique("to work"), type="email", nodes=[FlowNode(id="a", actions=[action])])
        flow = cls.client.FlowsApi().post_flow(flow)
        domain = routing.post_domain(Domain(id=f"i{uuid.uuid4().hex[:12]}.example"))
        routing.post_route(domain.id, Route(pattern="*", flow=Reference(id=flow.id)))
        cls.to = f"care@{domain.id}"

    def send(self, subject: str = "a") -> Interaction:
        """Sends a mail that was not sent before."""
        mail = f"From: a@b.example\nSubject: {subject}\nMessage-ID: <{uuid.uuid4()}@b.example>\n\nText\n".encode()
        return made(self.client.InteractionsApi().send(mail, self.to, "a@b.example", wait=True))

    def test_sent_decided_and_read(self) -> None:
        api = self.client.InteractionsApi()
        mail = b"Subject: \xff raw\nMessage-ID: <%d@b.example>\n\nText\n" % time.time_ns()
        sent = made(api.send(mail, to=self.to, from_="a+b@c.example", wait=True))
        assert sent.decision is not None and sent.decision.queue is not None
        self.assertEqual((sent.state, sent.decision.kind, sent.decision.skills), ("decided", "queue", ["refunds"]))
        self.assertEqual(sent.decision.queue.id, self.queue.id)
        self.assertEqual(sent.envelope.from_, "a+b@c.example")
        self.assertEqual(api.get_message(sent.id), mail)
        self.assertEqual(len(api.get(sent.id).runs or []), 1)
        trace = api.get_trace(sent.id, run=1)
        self.assertEqual((trace.runs[0].trace or {})["events"][-1]["event"], "decision")
        summary = api.get_summary()
        self.assertEqual(summary.accepted, summary.duplicates + summary.interactions)

    def test_sent_without_waiting(self) -> None:
        mail = b"Message-ID: <%d@b.example>\n\nText\n" % time.time_ns()
        self.assertTrue(made(self.client.InteractionsApi().send(mail, to=self.to)).id)

    def test_the_same_key_makes_one_interaction(self) -> None:
        api = self.client.InteractionsApi()
        key = str(uuid.uuid4())
        mail = b"Subject: no message id, so never a duplicate\n\nText\n"
        first, second = (made(api.send(mail, to=self.to, idempotency_key=key)).id for _ in range(2))
        self.assertEqual(first, second)
        self.assertNotEqual(made(api.send(mail, to=self.to)).id, first)
        with self.assertRaises(ApiException) as caught:
            api.send(mail + b"more", to=self.to, idempotency_key=key)
        self.assertEqual(caught.exception.code, "idempotency.key.reused")

    def test_no_route(self) -> None:
        with self.assertRaises(ApiException) as caught:
            self.client.InteractionsApi().send(b"a", to="nobody@nowhere.example")
        self.assertEqual((caught.exception.status, caught.exception.code), (422, "email.route.missing"))

    def test_lists_by_cursor(self) -> None:
        api = self.client.InteractionsApi()
        subject = uuid.uuid4().hex
        ids = [self.send(subject).id for _ in range(5)]
        chunk = api.list(subject=subject, page_size=2)
        self.assertEqual([one.id for one in chunk], ids[:2:-1])
        self.assertTrue(chunk.next_cursor)
        for size in (1, 2, 5, 100):
            self.assertEqual([one.id for one in api.iter_interactions(subject=subject, page_size=size)], ids[::-1])
        since = datetime.now(timezone.utc) - timedelta(hours=1)
        self.assertEqual(len(list(api.iter_interactions(subject=subject, since=since, from_="a@b.example"))), 5)
        self.assertEqual(list(api.iter_interactions(subject=subject, until=since, decision="queue")), [])

    def test_run_again_and_erased(self) -> None:
        api = self.client.InteractionsApi()
        sent = self.send()
        api.rerun(sent.id)
        ends = time.monotonic() + 120
        while len(api.get(sent.id).runs or []) < 2:
            self.assertLess(time.monotonic(), ends, "no second run")
            time.sleep(0.05)
        self.assertEqual([run.number for run in api.get_trace(sent.id).runs], [1, 2])
        api.erase_content(sent.id)
        self.assertTrue(api.get(sent.id).erased)

    def test_claims(self) -> None:
        routing, api = self.client.RoutingApi(), self.client.InteractionsApi()
        queue = routing.post_queue(Queue(name=unique("Claims")))
        domain = self.to.split("@")[1]
        pattern = f"claims-{uuid.uuid4().hex[:8]}"
        routing.post_route(domain, Route(pattern=pattern, queue=Reference(id=queue.id)))
        self.assertEqual(api.claim(queue.id), [])
        mail = b"Message-ID: <%d@b.example>\n\nText\n" % time.time_ns()
        sent = made(api.send(mail, to=f"{pattern}@{domain}", wait=True))

        claim = api.claim(queue.id, max=5, lease_seconds=30, wait_seconds=1)[0]
        self.assertEqual(claim.interaction.id, sent.id)
        self.assertNotIn(claim.token, repr(claim))
        self.assertEqual(api.claim(queue.id), [])
        self.assertGreater(str(api.extend(queue.id, claim.token, lease_seconds=600).expires_at), claim.expires_at)
        self.assertEqual(api.release(queue.id, claim.token).state, "decided")
        again = api.claim(queue.id, skills=[])[0]
        self.assertEqual(api.ack(queue.id, again.token).state, "completed")
        self.assertEqual(api.ack(queue.id, again.token).state, "completed")
        with self.assertRaises(ApiException) as caught:
            api.extend(queue.id, claim.token)
        self.assertEqual(caught.exception.status, 409)

    def test_acting_on_claimed_work(self) -> None:
        routing, api = self.client.RoutingApi(), self.client.InteractionsApi()
        queue = routing.post_queue(Queue(name=unique("Desk"), service_level="PT4H"))
        domain = self.to.split("@")[1]
        pattern = f"desk-{uuid.uuid4().hex[:8]}"
        routing.post_route(domain, Route(pattern=pattern, queue=Reference(id=queue.id)))
        mail = b"From: a@b.example\nMessage-ID: <%d@b.example>\n\nText\n" % time.time_ns()
        sent = made(api.send(mail, to=f"{pattern}@{domain}", from_="a@b.example", wait=True))
        depth = routing.get_queue(queue.id)
        self.assertEqual((depth.waiting, depth.oldest_waiting_at, depth.over_service_level), (1, sent.queued_at, 0))

        token = api.claim(queue.id, lease_seconds=600)[0].token
        self.assertEqual(routing.get_queue(queue.id).waiting, 0)
        replies = [api.reply(sent.id, token, text="Soon.", idempotency_key="k") for _ in range(2)]
        # The first may be tried meanwhile.
        self.assertEqual([one.id for one in replies[0]], [one.id for one in replies[1]])
        self.assertEqual([(one.kind, one.target) for one in replies[0]], [("reply", "a@b.example")])
        forwarded = api.forward(sent.id, token, ["boss@c.example"], attach=True, text="Look.")
        self.assertEqual([one.target for one in forwarded], ["boss@c.example"])
        moved = api.transfer(sent.id, token, {"name": self.queue.name}, priority=7)
        assert moved.decision is not None and moved.decision.queue is not None
        self.assertEqual((moved.decision.queue.id, moved.decision.priority), (self.queue.id, 7))
        token = next(one.token for one in api.claim(self.queue.id, max=100) if one.interaction.id == sent.id)
        done = api.complete(sent.id, token, outcome="answered")
        self.assertEqual((done.state, (done.decision or moved.decision).outcome), ("completed", "answered"))


if __name__ == "__main__":
    unittest.main()
