"""Models: two spellings of one value, and nothing lost."""

from __future__ import annotations

import copy
import inspect
import json
import keyword
import pickle
import unittest
from datetime import datetime, timedelta, timezone

import purecloudplatformclientv2 as package
from purecloudplatformclientv2 import (
    Claim,
    Flow,
    FlowAction,
    FlowActionSet,
    FlowActionType,
    FlowConditionSet,
    FlowDataType,
    FlowEnd,
    FlowInput,
    FlowNode,
    Model,
)


class Spellings(unittest.TestCase):
    def test_both_name_one_value(self) -> None:
        action = FlowAction(type=FlowActionType.RUNFLOW, flowid="a", input_mapping=[])
        self.assertEqual(action.flow_id, "a")
        action.flow_id = "b"
        self.assertEqual(action.flowid, "b")
        self.assertEqual(action["flowId"], "b")
        del action.flowid
        self.assertIsNone(action.flow_id)
        self.assertEqual(action.to_dict(), {"type": "runFlow", "inputMapping": []})

    def test_every_member_has_both(self) -> None:
        models = [one for one in vars(package).values() if inspect.isclass(one) and issubclass(one, Model)]
        self.assertGreater(len(models), 20)
        for model in models:
            for name, member in model._members.items():
                lower = member.wire_name.lower()
                snake = "".join("_" + c.lower() if c.isupper() else c for c in member.wire_name)
                for spelling in (lower, snake):
                    if not keyword.iskeyword(spelling):
                        self.assertIs(model._members.get(spelling), member, f"{model.__name__}.{name}: {spelling}")

    def test_one_given_twice_is_refused(self) -> None:
        with self.assertRaisesRegex(TypeError, "`flowid` and `flow_id` are the same member"):
            FlowAction(flowid="a", flow_id="a")
        with self.assertRaisesRegex(ValueError, "`flowId` appears twice"):
            FlowAction.from_dict({"flowid": "a", "flowId": "b"})

    def test_unknown_names_tell_the_nearest(self) -> None:
        with self.assertRaisesRegex(TypeError, "FlowAction has no member `flowidd`: did you mean `flowid`?"):
            FlowAction(flowidd="a")
        action = FlowAction(type="log")
        with self.assertRaisesRegex(AttributeError, "did you mean `message`?"):
            setattr(action, "mesage", "a")
        with self.assertRaisesRegex(AttributeError, "did you mean `message`?"):
            getattr(action, "mesage")

    def test_plain_objects_in_either_spelling_become_models(self) -> None:
        flow = Flow(nodes=[{"id": "a", "actions": [{"type": "runFlow", "flowid": "x"}]}], end={})
        assert flow.nodes is not None and flow.nodes[0].actions is not None
        self.assertEqual(flow.nodes[0].actions[0].flow_id, "x")
        self.assertEqual(flow.end, FlowEnd())
        self.assertEqual(flow.to_dict()["nodes"][0]["actions"][0], {"type": "runFlow", "flowId": "x"})


class Wire(unittest.TestCase):
    def test_what_is_unknown_is_kept(self) -> None:
        data = {
            "id": "1",
            "brandNew": {"a": [1, None]},
            "nodes": [{"id": "n", "newer": True, "actions": [{"type": "someday", "x": None}]}],
            "conditionSet": {"conditions": [{"when": "${true}", "why": "because"}]},
        }
        flow = Flow.from_dict(data)
        self.assertEqual(flow.to_dict(), data)
        flow["other"] = 5
        self.assertEqual(flow["brandNew"], {"a": [1, None]})
        self.assertEqual(Flow.from_dict(json.loads(json.dumps(flow.to_dict()))), flow)

    def test_absent_is_left_out(self) -> None:
        flow = Flow(name="a", description=None, end=FlowEnd(), conditionset=FlowConditionSet(conditions=[]))
        self.assertEqual(flow.to_dict(), {"name": "a", "end": {}, "conditionSet": {"conditions": []}})
        flow.name = "b"
        flow.end = None
        self.assertNotIn("end", flow)
        self.assertIsNone(flow.id)

    def test_enumerations_are_their_texts(self) -> None:
        self.assertEqual(FlowActionType.RUNFLOW, "runFlow")
        self.assertEqual(f"{FlowDataType.STRING} {FlowActionType.TRANSFERTOQUEUE!s}", "string transferToQueue")
        sent = json.dumps(FlowInput(name="a", datatype=FlowDataType.JSON).to_dict())
        self.assertEqual(sent, '{"name": "a", "dataType": "json"}')

    def test_times_are_utc(self) -> None:
        time = datetime(2026, 1, 31, 12, tzinfo=timezone(timedelta(hours=2)))
        self.assertEqual(FlowInput(default=time).to_dict(), {"default": "2026-01-31T10:00:00Z"})

    def test_an_action_set_is_a_list(self) -> None:
        actions = FlowActionSet(actions=[FlowAction(type="log", message="a")])
        node = FlowNode(id="a", actions=actions)
        actions.append(FlowAction(type="return"))
        self.assertEqual([action["type"] for action in node.to_dict()["actions"]], ["log", "return"])

    def test_the_result_is_a_copy(self) -> None:
        action = FlowAction(attributes={"a": "b"})
        action.to_dict()["attributes"]["a"] = "c"
        self.assertEqual(action.attributes, {"a": "b"})

    def test_copies_are_apart(self) -> None:
        flow = Flow(name="a", nodes=[FlowNode(id="n")])
        for other in (copy.copy(flow), copy.deepcopy(flow), pickle.loads(pickle.dumps(flow))):
            self.assertEqual(other, flow)
            other.name = "b"
            self.assertEqual(flow.name, "a")

    def test_repr_shows_members_but_no_secret(self) -> None:
        self.assertEqual(repr(FlowAction(type="log", flowid="a")), "FlowAction(type='log', flow_id='a')")
        self.assertEqual(repr(Claim(token="lease")), "Claim(token='***')")


if __name__ == "__main__":
    unittest.main()
