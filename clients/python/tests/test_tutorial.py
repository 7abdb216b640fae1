"""The tutorial: its script unchanged, its third step, and what comes after."""

from __future__ import annotations

import os
import subprocess
import sys
import unittest
from pathlib import Path
from typing import Dict, List

from purecloudplatformclientv2 import Flow, FlowAction, FlowActionType, FlowNode
from purecloudplatformclientv2.rest import ApiException

from .waypost import WaypostTest, setting, unique

ROOT = Path(__file__).resolve().parent.parent


def environments() -> List[str]:
    """What the tutorial's user says where the server is: over TLS if there is an address for that, and plain."""
    found = [setting("WAYPOST_URL")]
    https = os.environ.get("WAYPOST_HTTPS_URL")
    if https:
        found.append(https[len("https://") :])
    return found


def run(script: Path, environment: str) -> "subprocess.CompletedProcess[str]":
    """Runs a script as the tutorial's user does."""
    variables: Dict[str, str] = {
        **os.environ,
        "GENESYS_CLIENT_ID": setting("WAYPOST_CLIENT_ID"),
        "GENESYS_CLIENT_SECRET": setting("WAYPOST_CLIENT_SECRET"),
        "GENESYS_ENVIRONMENT": environment,
        "PYTHONPATH": str(ROOT),
    }
    return subprocess.run([sys.executable, str(script)], env=variables, capture_output=True, text=True, timeout=120)


class Tutorial(WaypostTest):
    def test_the_complete_example_unchanged(self) -> None:
        script = Path(setting("WAYPOST_TUTORIAL"))
        api = self.client.FlowsApi()
        for environment in environments():
            # Its names are fixed: what an earlier run made is in its way.
            for name in ("Inbound Email Router", "Shared Email Processor"):
                for flow in api.iter_flows(name=name):
                    api.delete_flow(flow.id)
            done = run(script, environment)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            lines = done.stdout.splitlines()
            self.assertEqual(len(lines), 7, done.stdout)
            self.assertEqual(lines[5], "Inbound Flow Name: Inbound Email Router")
            self.assertEqual(lines[6].split(": ")[1], lines[1].split(": ")[1])

    def test_step_three(self) -> None:
        api = self.client.FlowsApi()
        outputs = [{"name": "processedResult", "dataType": "string"}]
        inputs = [{"name": "emailBody", "dataType": "string"}]
        first, second = (
            api.post_flow(Flow(name=unique("shared"), type="email", inputs=inputs, outputs=outputs, nodes=[])).id
            for _ in range(2)
        )
        call = FlowAction(
            type=FlowActionType.RUNFLOW,
            flowid=first,
            inputmapping=[{"name": "emailBody", "value": "${interaction.email.body}"}],
            outputmapping=[{"name": "localResult", "value": "${output.processedResult}"}],
        )
        node = FlowNode(id="only", actions=[call])
        inbound = api.post_flow(Flow(name=unique("inbound"), type="email", nodes=[node])).id

        current_flow = api.get_flow(flow_id=inbound)
        changed = 0
        if current_flow.nodes:
            for node in current_flow.nodes:
                if node.actions:
                    for action in node.actions:
                        if action.type == "runFlow":
                            action.flowid = second
                            changed += 1
        api.put_flow(flow_id=inbound, body=current_flow)
        self.assertEqual(changed, 1)

        nodes = api.get_flow(flow_id=inbound).to_dict()["nodes"]
        self.assertEqual(nodes, [{"id": "only", "actions": [{**call.to_dict(), "flowId": second}]}])
        with self.assertRaises(ApiException) as caught:
            api.delete_flow(second)
        self.assertEqual((caught.exception.status, caught.exception.code), (409, "architect.dependency.object.in.use"))

    def test_what_comes_after(self) -> None:
        for environment in environments():
            done = run(ROOT / "examples" / "tutorial_continued.py", environment)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertRegex(done.stdout, "Decision: queue Refunds [0-9a-f]+, priority 10\n")
            self.assertIn("name: 'localResult'", done.stdout)

    def test_its_imports(self) -> None:
        names = "ApiClient Configuration Flow FlowNode FlowActionSet FlowTrigger FlowConditionSet FlowEnd FlowInput"
        module = __import__("purecloudplatformclientv2")
        for name in (names + " FlowOutput FlowDataType FlowAction FlowActionType").split():
            self.assertTrue(hasattr(module, name), name)


if __name__ == "__main__":
    unittest.main()
