"""Queues, domains and routes, on the server."""

from __future__ import annotations

import unittest
import uuid

from purecloudplatformclientv2 import ApiException, Domain, Flow, Queue, Reference, Route

from .waypost import WaypostTest, unique


class Routing(WaypostTest):
    def test_queues(self) -> None:
        api = self.client.RoutingApi()
        queue = api.post_queue(Queue(name=unique("Queue"), description="a"))
        queue["mediaSettings"] = {"email": {"alertingTimeoutSeconds": 30}}
        api.put_queue(queue.id, queue)
        kept = api.get_queue(queue.id)
        self.assertEqual((kept["mediaSettings"], kept.description), (queue["mediaSettings"], "a"))
        kept.description = "b"
        changed = api.put_queue(kept.id, kept)
        self.assertEqual((changed["mediaSettings"], changed.description), (queue["mediaSettings"], "b"))
        self.assertIn(queue.id, [one.id for one in api.iter_queues(name=queue.name)])
        self.assertEqual(api.get_queues(id=[queue.id]).total, 1)
        api.delete_queue(queue.id)
        with self.assertRaises(ApiException) as caught:
            api.get_queue(queue.id)
        self.assertEqual(caught.exception.status, 404)

    def test_queues_of_all_pages(self) -> None:
        api = self.client.RoutingApi()
        prefix = unique("Paged")
        names = [api.post_queue(Queue(name=f"{prefix} {number}")).name for number in range(5)]
        self.assertEqual([queue.name for queue in api.iter_queues(name=f"{prefix}*", page_size=2)], names)

    def test_domains_and_routes(self) -> None:
        api = self.client.RoutingApi()
        name = f"d{uuid.uuid4().hex[:12]}.example"
        domain = api.post_domain(Domain(id=name))
        self.assertEqual(domain.id, name)
        self.assertEqual(api.patch_domain(name, {"mailFromSettings": {"a": "b"}})["mailFromSettings"], {"a": "b"})
        self.assertEqual(api.get_domain(name)["mailFromSettings"], {"a": "b"})
        self.assertEqual([one.id for one in api.iter_domains(filter=name)], [name])

        flow = self.client.FlowsApi().post_flow(Flow(name=unique("routed"), type="email", nodes=[]))
        queue = api.post_queue(Queue(name=unique("Routed")))
        route = api.post_route(name, Route(pattern="care", flow=Reference(id=flow.id), priority=3))
        assert route.flow is not None
        self.assertEqual((route.flow.id, route.flow.name, route.priority), (flow.id, flow.name, 3))
        route.flow = None
        route.queue = Reference(id=queue.id)
        api.put_route(name, route.id, route)
        kept = api.get_route(name, route.id)
        assert kept.queue is not None
        self.assertEqual((kept.flow, kept.queue.id, kept.priority), (None, queue.id, 3))
        self.assertEqual([one.pattern for one in api.iter_routes(name, page_size=1)], ["care"])
        api.delete_route(name, route.id)
        self.assertEqual(api.get_routes(name).total, 0)
        api.delete_domain(name)


if __name__ == "__main__":
    unittest.main()
