"""Flows and their versions, on the server."""

from __future__ import annotations

import threading
import unittest
from typing import List

from purecloudplatformclientv2 import ApiException, Flow, FlowAction, FlowNode
from purecloudplatformclientv2.models import Problem

from .waypost import WaypostTest, unique

MAIL = b"From: a@b.example\nTo: c@d.example\nSubject: hello\n\nworld\n"

EVERYTHING = {
    "type": "email",
    "description": "with everything that a document may have",
    "inputs": [{"name": "text", "dataType": "string", "description": "a text", "default": "a"}],
    "outputs": [{"name": "topic", "dataType": "list<string>", "default": []}],
    "variables": [{"name": "urgent", "dataType": "boolean", "default": False}],
    "trigger": {"type": "email"},
    "conditionSet": {"match": "any", "conditions": [{"when": "${interaction.email.size > 0}"}]},
    "nodes": [
        {
            "id": "first",
            "name": "First",
            "actions": [
                {"type": "setVariable", "name": "urgent", "value": "${interaction.email.subject == 'now'}"},
                {"type": "setOutput", "name": "topic", "value": ["a", "b"]},
                {"type": "setAttributes", "attributes": {"k": "v"}, "onError": {"to": "last"}},
            ],
            "next": [{"when": "${urgent}", "to": "last"}, {"to": "last"}],
        },
        {"id": "last", "actions": [{"type": "log", "level": "info", "message": "done"}]},
    ],
    "onError": {"to": "last"},
    "end": {"disposition": "disconnect"},
}


def log(message: str) -> List[FlowNode]:
    """Nodes that differ by a text."""
    return [FlowNode(id="a", actions=[FlowAction(type="log", message=message)])]


class Flows(WaypostTest):
    def test_a_round_trip_keeps_everything(self) -> None:
        api = self.client.FlowsApi()
        name = unique("everything")
        made = api.post_flow({"name": name, **EVERYTHING})
        before = api.get_flow(made.id)
        content = {key: value for key, value in before.to_dict().items() if key in EVERYTHING}
        self.assertEqual(content, EVERYTHING)
        after = api.put_flow(made.id, before)
        self.assertEqual(after.version, before.version, "what is the same makes no version")
        self.assertEqual(api.get_flow(made.id), before)

    def test_etags_guard_changes(self) -> None:
        api = self.client.FlowsApi()
        flow = api.post_flow(Flow(name=unique("guarded"), type="email", nodes=[]))
        self.assertTrue(flow.etag)
        mine, other = api.get_flow(flow.id), api.get_flow(flow.id)
        other.nodes = log("other")
        api.put_flow(flow.id, other, if_match=other.etag)
        mine.nodes = log("mine")
        with self.assertRaises(ApiException) as caught:
            api.put_flow(flow.id, mine, if_match=mine.etag)
        self.assertEqual(caught.exception.status, 412)
        api.put_flow(flow.id, mine)

    def test_drafts_and_versions(self) -> None:
        api = self.client.FlowsApi()
        flow = api.post_flow(Flow(name=unique("versions"), type="email", nodes=log("1")))
        for number in (2, 3):
            flow.nodes = log(str(number))
            drafted = api.put_flow(flow.id, flow, draft=True, note=f"draft {number}")
            assert drafted.published_version is not None
            self.assertEqual(drafted.published_version.version, 1)
        published = api.publish_version(flow.id, 3, note="better").published_version
        assert published is not None
        self.assertEqual(published.version, 3)
        self.assertEqual([one.version for one in api.get_flow_versions(flow.id)], [3, 2, 1])
        self.assertEqual([one.version for one in api.iter_flow_versions(flow.id, page_size=1)], [3, 2, 1])
        self.assertEqual(api.get_flow_version(flow.id, 2).id, "2.0")
        nodes = api.get_flow_version_configuration(flow.id, "newest").nodes
        self.assertEqual(nodes, log("3"))

    def test_trying(self) -> None:
        api = self.client.FlowsApi()
        reason = [FlowNode(id="a", actions=[{"type": "disconnect", "reason": "${interaction.email.subject}"}])]
        flow = api.post_flow(Flow(name=unique("tried"), type="email", nodes=reason))
        tried = api.try_flow(flow.id, MAIL)
        self.assertEqual((tried.decision.kind, tried.decision.reason, tried.version), ("disconnect", "hello", 1))
        self.assertTrue(tried.trace["events"])
        flow.nodes = []
        api.put_flow(flow.id, flow, draft=True)
        self.assertEqual(api.try_flow(flow.id, MAIL).decision.kind, "unrouted")
        self.assertEqual(api.try_flow(flow.id, MAIL, version="published").decision.kind, "disconnect")
        with self.assertRaises(TypeError):
            api.try_flow(flow.id, MAIL.decode())  # type: ignore[arg-type]

    def test_deleting(self) -> None:
        api = self.client.FlowsApi()
        flow = api.post_flow(Flow(name=unique("deleted"), type="email", nodes=[]))
        api.delete_flow(flow.id, if_match=flow.etag)
        with self.assertRaises(ApiException) as caught:
            api.get_flow(flow.id)
        self.assertEqual(caught.exception.status, 410)
        self.assertTrue(api.get_flow(flow.id, deleted=True).deleted)

    def test_paging(self) -> None:
        api = self.client.FlowsApi()
        prefix = unique("paged")
        made = {api.post_flow(Flow(name=f"{prefix} {n}", type="email", nodes=[])).id for n in range(7)}
        page = api.get_flows(name=f"{prefix}*", page_size=3, page_number=3)
        self.assertEqual((len(page), page.total, page.page_count, page.pagenumber), (1, 7, 3, 3))
        for size in (1, 3, 7, 100):
            found = [flow.id for flow in api.iter_flows(name=f"{prefix}*", page_size=size, sort_by="name")]
            self.assertEqual((set(found), len(found)), (made, 7), size)
        self.assertEqual(len(list(api.iter_flows(name=f"{prefix}*", page_size=3, page_number=2))), 4)
        self.assertEqual(len(list(api.iter_flows(id=sorted(made)[:2]))), 2)
        self.assertEqual(list(api.iter_flows(name=unique("nothing"))), [])

    def test_one_client_serves_many_threads(self) -> None:
        api = self.client.FlowsApi()
        prefix = unique("threads")
        failures: List[BaseException] = []

        def work(number: int) -> None:
            try:
                flow = api.post_flow(Flow(name=f"{prefix} {number}", type="email", nodes=log(str(number))))
                for _ in range(3):
                    if api.get_flow(flow.id).nodes != log(str(number)):
                        raise AssertionError("an answer went to another thread")
            except BaseException as failure:
                failures.append(failure)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        self.assertEqual(len(list(api.iter_flows(name=f"{prefix}*"))), 12)


class Errors(WaypostTest):
    def refused(self, flow: Flow) -> ApiException:
        with self.assertRaises(ApiException) as caught:
            self.client.FlowsApi().post_flow(flow)
        return caught.exception

    def test_every_problem_is_told_with_its_path(self) -> None:
        actions = [
            {"type": "setVariable", "name": "a", "value": "${nothing}"},
            {"type": "transferToQueue", "queue": "No such"},
        ]
        error = self.refused(Flow(name=unique("bad"), type="email", nodes=[FlowNode(id="a", actions=actions)]))
        self.assertEqual(error.status, 400)
        self.assertEqual(error.reason, "Bad Request")
        paths = [problem.path for problem in error.errors]
        self.assertEqual(paths, ["nodes[0].actions[0].value", "nodes[0].actions[1].queue"])
        self.assertIsInstance(error.errors[0], Problem)
        self.assertIn(str(error.code), error.body or "")
        self.assertEqual(error.context_id, error.headers["inin-correlation-id"])
        for text in ("(400)", str(error.code), str(error.message), *(f"{path}: " for path in paths), str(error.context_id)):
            self.assertIn(text, str(error))

    def test_a_broken_contract_names_the_caller(self) -> None:
        api = self.client.FlowsApi()
        outputs = [{"name": "topic", "dataType": "string"}]
        shared = api.post_flow(Flow(name=unique("shared"), type="shared", outputs=outputs, nodes=[]))
        mapping = [{"name": "got", "value": "${output.topic}"}]
        action = FlowAction(type="runFlow", flow_id=shared.id, output_mapping=mapping)
        caller = api.post_flow(Flow(name=unique("caller"), type="email", nodes=[FlowNode(id="a", actions=[action])]))
        shared.outputs = []
        with self.assertRaises(ApiException) as caught:
            api.put_flow(shared.id, shared)
        error = caught.exception
        self.assertEqual((error.status, error.code), (409, "flow.contract.broken"))
        self.assertIn((caller.id, "a"), [(problem.flow_id, problem.node_id) for problem in error.errors])
        self.assertIn(f"flow `{caller.name}`", str(error))

    def test_unknown_filters_are_told(self) -> None:
        with self.assertRaises(ApiException) as caught:
            self.client.FlowsApi().get_flows(nmae="a")
        self.assertIn("did you mean `name`?", str(caught.exception))

    def test_ids_that_would_lead_elsewhere_are_not_sent(self) -> None:
        for flow_id in ("", ".", ".."):
            with self.assertRaises(ValueError):
                self.client.FlowsApi().delete_flow(flow_id)
        with self.assertRaises(ApiException) as caught:
            self.client.FlowsApi().get_flow("../routing/queues?a=b#c")
        self.assertEqual(caught.exception.code, "architect.flow.not.found")


if __name__ == "__main__":
    unittest.main()
