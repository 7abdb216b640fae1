"""The tutorial's three steps, and what it leaves out: nodes, a queue, a route, and a mail that is decided.

Takes GENESYS_CLIENT_ID, GENESYS_CLIENT_SECRET and GENESYS_ENVIRONMENT (``localhost:8443``, or ``http://127.0.0.1:8080``) from
the environment, as the tutorial does. Every time it makes flows, a queue and a domain of its own.
"""

from __future__ import annotations

import os
import sys
import uuid

from purecloudplatformclientv2 import (
    ApiClient,
    Configuration,
    Domain,
    Flow,
    FlowAction,
    FlowActionSet,
    FlowActionType,
    FlowBranch,
    FlowConditionSet,
    FlowDataType,
    FlowEnd,
    FlowInput,
    FlowNode,
    FlowOutput,
    FlowTrigger,
    Queue,
    Reference,
    Route,
)
from purecloudplatformclientv2.rest import ApiException

MAIL = b"""\
From: Li <li@customer.example>
Subject: Order 4711
Message-ID: <order-4711@customer.example>

The lamp arrived broken. I would like a refund, please.
"""


def connect() -> ApiClient:
    """A client of the server that the environment names."""
    environment = os.environ.get("GENESYS_ENVIRONMENT", "localhost:8443")
    configuration = Configuration(
        host=f"https://{environment}",
        client_id=os.environ["GENESYS_CLIENT_ID"],
        client_secret=os.environ["GENESYS_CLIENT_SECRET"],
    )
    client = ApiClient(configuration=configuration)
    client.get_access_token()
    return client


def create_shared_flow(client: ApiClient, name: str) -> Flow:
    """Step 1: a shared flow, still without nodes."""
    flow = Flow(
        name=name,
        type="email",
        description="Tells what an email is about",
        inputs=[FlowInput(name="emailBody", datatype=FlowDataType.STRING)],
        outputs=[FlowOutput(name="processedResult", datatype=FlowDataType.STRING)],
        nodes=[],
        trigger=FlowTrigger(type="email"),
        conditionset=FlowConditionSet(conditions=[]),
        end=FlowEnd(),
    )
    return client.FlowsApi().post_flow(body=flow)


def create_inbound_flow(client: ApiClient, name: str, shared_flow_id: str) -> Flow:
    """Step 2: an inbound flow that calls the shared flow, with the action in a node."""
    call = FlowAction(
        type=FlowActionType.RUNFLOW,
        flowid=shared_flow_id,
        inputmapping=[{"name": "emailBody", "value": "${interaction.email.body}"}],
        outputmapping=[{"name": "localResult", "value": "${output.processedResult}"}],
    )
    flow = Flow(
        name=name,
        type="email",
        inputs=[],
        outputs=[],
        nodes=[FlowNode(id="classify", name="Ask the shared flow", actions=FlowActionSet([call]))],
        trigger=FlowTrigger(type="email"),
        conditionset=FlowConditionSet(conditions=[]),
        end=FlowEnd(),
    )
    return client.FlowsApi().post_flow(body=flow)


def point_to(client: ApiClient, inbound_flow_id: str, shared_flow_id: str) -> None:
    """Step 3: the calls of an inbound flow lead to another shared flow."""
    api = client.FlowsApi()
    flow = api.get_flow(flow_id=inbound_flow_id)
    for node in flow.nodes or []:
        for action in node.actions or []:
            if action.type == "runFlow":
                action.flowid = shared_flow_id
    api.put_flow(flow_id=inbound_flow_id, body=flow, if_match=flow.etag, note="another shared flow")


def fill_shared_flow(client: ApiClient, shared_flow_id: str) -> None:
    """The shared flow sets its output. Who calls it follows from the next mail on."""
    api = client.FlowsApi()
    flow = api.get_flow(flow_id=shared_flow_id)
    result = "${containsIgnoreCase(input.emailBody, 'refund') ? 'refund' : 'other'}"
    set_result = FlowAction(type=FlowActionType.SETOUTPUT, name="processedResult", value=result)
    flow.nodes = [FlowNode(id="decide", actions=[set_result])]
    api.put_flow(flow_id=shared_flow_id, body=flow)


def route_by_result(client: ApiClient, inbound_flow_id: str, queue: Queue) -> None:
    """The inbound flow sends refunds to the queue; everything else walks off its end and is unrouted."""
    api = client.FlowsApi()
    flow = api.get_flow(flow_id=inbound_flow_id)
    nodes = flow.nodes or []
    nodes[0].next = [FlowBranch(when="${localResult == 'refund'}", to="refunds")]
    transfer = FlowAction(type=FlowActionType.TRANSFERTOQUEUE, queue=queue.id, priority=10)
    flow.nodes = [*nodes, FlowNode(id="refunds", actions=[transfer])]
    api.put_flow(flow_id=inbound_flow_id, body=flow)


def main() -> int:
    """All of it, then a mail."""
    run = uuid.uuid4().hex[:8]
    with connect() as client:
        routing = client.RoutingApi()
        try:
            first = create_shared_flow(client, f"Shared Email Processor {run}")
            inbound = create_inbound_flow(client, f"Inbound Email Router {run}", first.id)
            second = create_shared_flow(client, f"Shared Email Processor {run} B")
            point_to(client, inbound.id, second.id)

            fill_shared_flow(client, second.id)
            queue = routing.post_queue(Queue(name=f"Refunds {run}"))
            route_by_result(client, inbound.id, queue)

            domain = routing.post_domain(Domain(id=f"shop-{run}.example"))
            routing.post_route(domain.id, Route(pattern="care", flow=Reference(id=inbound.id)))

            interactions = client.InteractionsApi()
            sent = interactions.send(MAIL, to=f"care@{domain.id}", from_="li@customer.example", wait=True)
            if sent is None:
                print("the mail was taken for a bounce", file=sys.stderr)
                return 1
            trace = interactions.get_trace(sent.id)
        except ApiException as error:
            print(f"refused: {error}", file=sys.stderr)
            return 1

    decision = sent.decision
    if decision is None or decision.queue is None:
        print(f"not in a queue: {sent}", file=sys.stderr)
        return 1
    print(f"Decision: {decision.kind} {decision.queue.name}, priority {decision.priority}")
    for step in (trace.runs[-1].trace or {})["events"]:
        print("  " + ", ".join(f"{name}: {value!r}" for name, value in step.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
