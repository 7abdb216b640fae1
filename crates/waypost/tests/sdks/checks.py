"""The official Python SDK, as it is, against a Waypost server.

Prints a line for each check and ends with 1 if one failed. The server's address is the first argument; the client's id and secret
are in WAYPOST_CLIENT_ID and WAYPOST_CLIENT_SECRET.
"""

import json
import os
import sys

import PureCloudPlatformClientV2 as sdk
from PureCloudPlatformClientV2.rest import ApiException

failed = []
passed = 0


def check(name, found, expected=True):
    """One check: what was found must be what was expected."""
    global passed
    if found == expected:
        passed += 1
        print(f"ok {name}")
    else:
        failed.append(name)
        print(f"FAILED {name}: {found!r} instead of {expected!r}")


def refused(name, status, code, call, *arguments, **options):
    """The call must fail with the SDK's exception, a status and a code; answers the exception."""
    try:
        answer = call(*arguments, **options)
    except ApiException as error:
        body = json.loads(error.body)
        check(name, (error.status, body.get("code")), (status, code))
        check(f"{name}: every error has its parts", all(body.get(key) for key in ("message", "contextId", "errors")))
        return error
    check(name, f"it answered {answer!r}", (status, code))
    return None


host = sys.argv[1]
identity, secret = os.environ["WAYPOST_CLIENT_ID"], os.environ["WAYPOST_CLIENT_SECRET"]

# --- login
client = sdk.ApiClient(host=host)
client.get_client_credentials_token(identity, secret)
check("login gives a token", bool(client.access_token))
try:
    sdk.ApiClient(host=host).get_client_credentials_token(identity, "wrong")
    check("a wrong secret is refused", "it was taken")
except ApiException as error:
    check("a wrong secret is refused", error.status, 401)
architect = sdk.ArchitectApi(client)
routing = sdk.RoutingApi(client)
conversations = sdk.ConversationsApi(client)
oauth = sdk.OAuthApi(client)
tokens = sdk.TokensApi(client)
refused("no token", 401, "authentication.required", sdk.ArchitectApi(sdk.ApiClient(host=host)).get_flows)

# --- flows: create
shared = architect.post_flows(
    {
        "name": "Shared Email Processor",
        "type": "COMMONMODULE",
        "inputs": [{"name": "emailBody", "dataType": "string"}],
        "outputs": [{"name": "processedResult", "dataType": "string"}],
        "nodes": [{"id": "a", "actions": [{"type": "setOutput", "name": "processedResult", "value": "${input.emailBody}"}]}],
    }
)
check("a dict with content makes a flow", (shared.name, shared.type), ("Shared Email Processor", "COMMONMODULE"))
check("it is published", (shared.active, shared.published_version.id), (True, "1.0"))
check("dates of versions are numbers", isinstance(shared.published_version.date_created, int))
model = sdk.CreateQueueRequest()
model.name = "Billing"
model.description = "where invoices go"
queue = routing.post_routing_queues(model)
check("a queue is made", (queue.name, queue.description), ("Billing", "where invoices go"))
inbound = sdk.Flow()
inbound.name = "Inbound Email Router"
inbound.type = "INBOUNDEMAIL"
inbound.description = "made with the model"
inbound = architect.post_flows(inbound)
check("a model makes a flow without content", (inbound.name, inbound.type), ("Inbound Email Router", "INBOUNDEMAIL"))
check("nothing is published yet", (inbound.active, inbound.published_version), (False, None))
check("it is in a division", inbound.division.name, "Home")
refused(
    "a name that is taken",
    409,
    "architect.object.already.exists",
    architect.post_flows,
    {"name": "inbound email router", "type": "INBOUNDEMAIL"},
)
error = refused(
    "a bad document",
    400,
    "flow.invalid",
    architect.post_flows,
    {"name": "B", "type": "email", "nodes": [{"id": "a", "next": [{"to": "b"}]}]},
)
check("its place is told", "nodes[0].next[0].to" in error.body)

# --- versions
document = {
    "name": "Inbound Email Router",
    "type": "INBOUNDEMAIL",
    "nodes": [
        {
            "id": "a",
            "actions": [
                {
                    "type": "runFlow",
                    "flowId": shared.id,
                    "inputMapping": [{"name": "emailBody", "value": "${interaction.email.body}"}],
                    "outputMapping": [{"name": "found", "value": "${output.processedResult}"}],
                },
                {"type": "setAttributes", "attributes": {"found": "${found}"}},
                {"type": "transferToQueue", "queue": "Billing", "priority": 3},
            ],
        }
    ],
}
refused("no content yet", 404, "flow.no.config.available", architect.get_flow_latestconfiguration, inbound.id)
saved = architect.post_flow_versions(inbound.id, body=document)
check("a version is saved", (saved.id, saved.type), ("1.0", "SAVE"))
check("a saved version is not followed", architect.get_flow(inbound.id).published_version, None)
operation = architect.post_flows_actions_publish(inbound.id, version="1.0")
check(
    "publishing is an operation that is over",
    (operation.complete, operation.action_name, operation.action_status),
    (True, "PUBLISH", "SUCCESS"),
)
got = architect.get_flow(inbound.id)
check("the version is published", (got.active, got.published_version.id, got.published_version.type), (True, "1.0", "PUBLISH"))
versions = architect.get_flow_versions(inbound.id)
check("versions are listed", (versions.total, versions.entities[0].id, versions.page_count), (1, "1.0", 1))
check("one version is read", architect.get_flow_version(inbound.id, "1.0").created_by_client.id, identity)
configuration = architect.get_flow_version_configuration(inbound.id, "1.0")
check("a configuration is the document", configuration["nodes"][0]["actions"][0]["flowId"], shared.id)
check("the latest configuration, too", architect.get_flow_latestconfiguration(inbound.id), configuration)
refused("no such version", 404, "architect.flow.version.missing", architect.get_flow_version, inbound.id, "9.0")

# --- update through the model keeps the definition
got.description = "changed with the model"
put = architect.put_flow(inbound.id, got)
check("a model that was read can be put back", put.description, "changed with the model")
# A document that is read back says what the flow is called and described as today: putting it back undoes nothing.
today = {**configuration, "description": "changed with the model"}
check("and keeps the definition", architect.get_flow_latestconfiguration(inbound.id), today)
plain = architect.post_flows({"name": "Plain", "type": "email", "nodes": []})
check("our own name of a type is unknown to the SDK", plain.type, "outdated_sdk_version")
plain.name = "Plain, renamed"
check("and stays when it is put back", architect.put_flow(plain.id, plain).name, "Plain, renamed")
raw = architect.get_flow_latestconfiguration(plain.id)
check("with its content", (raw["type"], raw["nodes"]), ("email", []))
refused("an unknown flow", 404, "architect.flow.not.found", architect.get_flow, "00000000-0000-0000-0000-000000000000")
refused("no id at all", 404, "architect.flow.not.found", architect.get_flow, "nonsense")

# --- lists
everything = architect.get_flows(sort_by="name", sort_order="asc")
check(
    "flows are listed by name",
    [flow.name for flow in everything.entities],
    ["Inbound Email Router", "Plain, renamed", "Shared Email Processor"],
)
check("with totals", (everything.total, everything.page_number, everything.page_size, everything.page_count), (3, 1, 25, 1))
check(
    "the other way",
    [flow.name for flow in architect.get_flows(sort_by="name", sort_order="desc").entities][0],
    "Shared Email Processor",
)
check("by type, in lower case", [flow.id for flow in architect.get_flows(type=["commonmodule"]).entities], [shared.id])
check("by two types", architect.get_flows(type=["commonmodule", "inboundemail"]).total, 3)
check("by name", [flow.id for flow in architect.get_flows(name="shared*").entities], [shared.id])
check("by description", architect.get_flows(description="*changed*").total, 1)
check("by either", architect.get_flows(name_or_description="model").total, 1)
check("by ids", architect.get_flows(id=[shared.id, plain.id]).total, 2)
check(
    "page by page",
    (architect.get_flows(page_size=2, page_number=2).total, len(architect.get_flows(page_size=2, page_number=2).entities)),
    (3, 1),
)
check("past the end", architect.get_flows(page_size=2, page_number=9).entities, [])
with_schema = architect.get_flows(include_schemas=True, name="Shared*").entities[0]
check("with schemas", with_schema.input_schema["properties"], {"emailBody": {"type": "string"}})
check("by published version", architect.get_flows(publish_version_id="1.0").total, 3)
check("published after", architect.get_flows(published_after="2100-01-01T00:00:00Z").total, 0)
check("division views", sorted(view.name for view in architect.get_flows_divisionviews().entities)[0], "Inbound Email Router")
check("a look-up", architect.get_flows_lookup([shared.id]).entities[0].name, "Shared Email Processor")
refused("a bad page", 400, "invalid.value", architect.get_flows, page_size=100000)

# --- check out and in
held = architect.post_flows_actions_checkout(inbound.id)
check("checked out", held.locked_client.id, identity)
check("listed as such", architect.get_flows(locked_by_client_id=identity).total, 1)
check("checked in", architect.post_flows_actions_checkin(inbound.id).action_status, "SUCCESS")
check("and free", architect.get_flow(inbound.id).locked_client, None)
architect.post_flows_actions_checkout(inbound.id)
changed = dict(document, nodes=[])
architect.post_flow_versions(inbound.id, body=changed)
check(
    "saved, not checked in",
    (architect.get_flow(inbound.id).saved_version.id, architect.get_flow(inbound.id).checked_in_version.id),
    ("2.0", "1.0"),
)
check("reverted", architect.post_flows_actions_revert(inbound.id).locked_client, None)
check("to what it was", architect.get_flow_latestconfiguration(inbound.id)["nodes"], configuration["nodes"])
architect.post_flows_actions_checkout(inbound.id)
check("unlocked", architect.post_flows_actions_unlock(inbound.id).locked_client, None)
other = oauth.post_oauth_clients({"name": "Other", "authorizedGrantType": "CLIENT-CREDENTIALS", "scope": ["architect"]})
check("a client is made with a secret", (other.name, len(other.secret), other.state), ("Other", 64, "active"))
second = sdk.ApiClient(host=host)
second.get_client_credentials_token(other.id, other.secret)
architect.post_flows_actions_checkout(inbound.id)
refused("held by another", 409, "architect.flow.locked", sdk.ArchitectApi(second).post_flows_actions_publish, inbound.id)
architect.post_flows_actions_unlock(inbound.id)
refused("a scope that is missing", 403, "missing.permissions", sdk.RoutingApi(second).get_routing_queues)

# --- history
history = architect.post_flow_history(inbound.id)
listing = architect.get_flow_history_history_id(inbound.id, history.id)
check("a history, newest first", (listing.entities[-1].action, listing.entities[-1].client.id), ("SAVE", identity))
check("its actions", {"CHECKOUT", "CHECKIN", "REVERT", "PUBLISH", "SAVE"} <= {entry.action for entry in listing.entities})
check(
    "one kind alone",
    {entry.action for entry in architect.get_flow_history_history_id(inbound.id, history.id, action=["publish"]).entities},
    {"PUBLISH"},
)

# --- domains and routes
domain = routing.post_routing_email_domains({"id": "shop.example"})
check("a domain", (domain.id, domain.mx_record_status, domain.sub_domain), ("shop.example", "NOT_AVAILABLE", False))
check("domains are listed", [one.id for one in routing.get_routing_email_domains().entities], ["shop.example"])
route = sdk.InboundRoute()
route.pattern = "help"
route.from_name = "Help"
route.flow = {"id": inbound.id}
route = routing.post_routing_email_domain_routes("shop.example", route)
check("a route", (route.pattern, route.flow.id, route.from_name), ("help", inbound.id, "Help"))
route.priority = 5
check("a route is changed", routing.put_routing_email_domain_route("shop.example", route.id, route).priority, 5)
check("routes are listed", routing.get_routing_email_domain_routes("shop.example").entities[0].id, route.id)
check("a route is read", routing.get_routing_email_domain_route("shop.example", route.id).from_email, None)
refused(
    "a pattern that is taken",
    409,
    "postino.route.pattern.exists",
    routing.post_routing_email_domain_routes,
    "shop.example",
    {"pattern": "help", "fromName": "x", "flow": {"id": inbound.id}},
)
refused("an unknown domain", 404, "postino.error.not.found", routing.get_routing_email_domain, "nowhere.example")

# --- dependency tracking
consuming = architect.get_architect_dependencytracking_consumingresources(shared.id, "COMMONMODULEFLOW")
check("what uses a flow", [(one.type, one.id) for one in consuming.entities], [("INBOUNDEMAILFLOW", inbound.id)])
consumed = architect.get_architect_dependencytracking_consumedresources(inbound.id, "1.0", "INBOUNDEMAILFLOW")
check(
    "what a flow uses", [(one.type, one.id) for one in consumed.entities], [("COMMONMODULEFLOW", shared.id), ("QUEUE", queue.id)]
)
check(
    "only queues",
    [
        one.name
        for one in architect.get_architect_dependencytracking_consumedresources(
            inbound.id, "1.0", "INBOUNDEMAILFLOW", resource_type=["QUEUE"]
        ).entities
    ],
    ["Billing"],
)
found = architect.get_architect_dependencytracking_object(shared.id, object_type="COMMONMODULEFLOW", consuming_resources=True)
check("a thing with its users", found.consuming_resources[0].id, inbound.id)
check(
    "what leads to a queue",
    [one.id for one in architect.get_architect_dependencytracking_consumingresources(queue.id, "QUEUE").entities],
    [inbound.id],
)
check("kinds of things", "QUEUE" in [kind.id for kind in architect.get_architect_dependencytracking_types().entities])
check("dependencies are known", architect.get_architect_dependencytracking_build().status, "OPERATIONAL")
refused("a flow in use stays", 409, "architect.dependency.object.in.use", architect.delete_flow, shared.id)
refused("and stays published", 409, "flow.contract.broken", architect.post_flows_actions_deactivate, shared.id)

# --- conversations
request = sdk.CreateEmailRequest()
request.provider = "Form"
request.direction = "INBOUND"
request.to_address = "help@shop.example"
request.from_address = "ann@customer.example"
request.from_name = "Ann"
request.subject = "Refund"
request.text_body = "please"
request.attributes = {"tier": "gold"}
email = conversations.post_conversations_emails(request)
check("a conversation is begun", len(email.participants), 2)
customer, acd = email.participants
check(
    "by a customer",
    (customer.purpose, customer.address, customer.attributes["tier"]),
    ("customer", "ann@customer.example", "gold"),
)
check("and routed by the flow", (acd.purpose, acd.queue.id, acd.conversation_routing_data.priority), ("acd", queue.id, 3))
check("through the shared flow", customer.attributes["found"], "please")
check("it is read", conversations.get_conversations_email(email.id).id, email.id)
messages = conversations.get_conversations_email_messages(email.id)
check("its messages", (messages.total, messages.entities[0].text_body_preview), (1, "please"))
message = conversations.get_conversations_email_message(email.id, messages.entities[0].id)
check("a message", (message.subject, message.text_body, message.pcFrom.email), ("Refund", "please", "ann@customer.example"))
conversations.patch_conversations_email_participant_attributes(email.id, customer.id, {"attributes": {"seen": "yes"}})
check("attributes are set", conversations.get_conversations_email(email.id).participants[0].attributes["seen"], "yes")
conversations.patch_conversations_email(email.id, {"state": "disconnected"})
check("disconnected", conversations.get_conversations_email(email.id).participants[0].state, "disconnected")
refused(
    "replies are not offered",
    501,
    "not.implemented",
    conversations.post_conversations_email_messages,
    email.id,
    sdk.EmailMessage(),
)
straight = conversations.post_conversations_emails({"provider": "x", "direction": "INBOUND", "queueId": queue.id, "priority": 9})
check("straight to a queue", straight.participants[1].conversation_routing_data.priority, 9)

# --- queues
queue.description = "changed"
check("a queue is changed", routing.put_routing_queue(queue.id, queue).description, "changed")
check("queues are listed by name", [one.name for one in routing.get_routing_queues().entities], ["Billing", "Unrouted"])
check("by part of a name", routing.get_routing_queues(name="bill*").total, 1)
check("a queue is read", routing.get_routing_queue(queue.id).name, "Billing")
check("nobody is in it", routing.get_routing_queue_members(queue.id).entities, [])
refused("a queue in use stays", 409, "general.resource.conflict", routing.delete_routing_queue, queue.id)

# --- data actions
integrations = sdk.IntegrationsApi(client)


def fields(**kinds):
    """A JSON Schema of an object with fields of these types."""
    document = sdk.JsonSchemaDocument()
    document.schema = "http://json-schema.org/draft-04/schema#"
    document.type = "object"
    document.properties = {name: {"type": kind} for name, kind in kinds.items()}
    return document


ask, translate = sdk.RequestConfig(), sdk.ResponseConfig()
ask.request_url_template = "https://crm.example.com/customers?email=$esc.url(${input.email})"
ask.request_type, ask.request_template, ask.headers = "GET", "${input.rawRequest}", {"Accept": "application/json"}
translate.translation_map = {"tier": "$.customers[0].tier"}
translate.translation_map_defaults = {"tier": '"none"'}
translate.success_template = '{"tier": ${tier}}'
wanted = sdk.PostActionInput()
wanted.name, wanted.category, wanted.integration_id, wanted.secure = "Get customer", "CRM", "crm", False
wanted.config = sdk.ActionConfig()
wanted.config.request, wanted.config.response, wanted.config.timeout_seconds = ask, translate, 10
wanted.contract = sdk.ActionContractInput()
wanted.contract.input, wanted.contract.output = sdk.PostInputContract(), sdk.PostOutputContract()
wanted.contract.input.input_schema, wanted.contract.output.success_schema = fields(email="string"), fields(tier="string")
action = integrations.post_integrations_actions(wanted)
check("a data action is made", (action.name, action.category, action.integration_id, action.version), ("Get customer", "CRM", "crm", 1))
read = integrations.get_integrations_action(action.id, include_config=True)
check("with its request", read.config.request.request_url_template, ask.request_url_template)
check("and its response", (read.config.response.translation_map, read.config.timeout_seconds), ({"tier": "$.customers[0].tier"}, 10))
check("and its contract", read.contract.output.success_schema.properties, {"tier": {"type": "string"}})
schema = integrations.get_integrations_action_schema(action.id, "input.json")
check("a schema alone", schema.properties, {"email": {"type": "string"}})
check("data actions", [one.name for one in integrations.get_integrations_actions(name="customer").entities], ["Get customer"])
check("of another category", integrations.get_integrations_actions(category="ERP").entities, [])
change = sdk.UpdateActionInput()
change.category, change.version = "Customers", action.version
changed = integrations.patch_integrations_action(action.id, change)
check("a data action is changed", (changed.name, changed.category, changed.version), ("Get customer", "Customers", 2))
check("the rest stays", changed.config.request.request_url_template, ask.request_url_template)
refused("a change of an old version", 412, "precondition.failed", integrations.patch_integrations_action, action.id, change)
ask.request_url_template = "/api/v2/users/${input.email}"
refused("what can't work", 400, "invalid.value", integrations.post_integrations_actions, wanted)
check(
    "a data action is tracked",
    [(one.type, one.id) for one in architect.get_architect_dependencytracking("Get customer").entities],
    [("DATAACTION", action.id)],
)
integrations.delete_integrations_action(action.id)
refused("a data action is gone", 404, "resource.not.found", integrations.get_integrations_action, action.id)

# --- data tables
columns = sdk.JsonSchemaDocument()
columns.schema = "http://json-schema.org/draft-04/schema#"
columns.type = "object"
columns.required = ["key"]
columns.properties = {
    "key": {"title": "domain", "type": "string", "$id": "/properties/key", "displayOrder": 0},
    "tier": {"title": "Tier", "type": "string", "$id": "/properties/tier", "displayOrder": 1, "default": "basic"},
    "seats": {"type": "integer", "$id": "/properties/seats", "displayOrder": 2},
}
columns.additional_properties = False
wanted = sdk.DataTable()
wanted.name, wanted.description, wanted.schema = "Customers", "who pays what", columns
table = architect.post_flows_datatables(wanted)
check("a table is made", (table.name, table.schema.properties["tier"]["default"], table.division.name), ("Customers", "basic", "Home"))
row = architect.post_flows_datatable_rows(table.id, {"KEY": "acme.example", "tier": "gold"})
check("a row is made", row, {"KEY": "acme.example", "tier": "gold", "seats": 0})
refused(
    "a key is taken", 409, "flows.datatables.duplicate.key", architect.post_flows_datatable_rows, table.id, {"KEY": "acme.example"}
)
row = architect.put_flows_datatable_row(table.id, "acme.example", body={"KEY": "acme.example", "tier": "silver", "seats": 3})
check("it is changed", row["seats"], 3)
check("it is read", architect.get_flows_datatable_row(table.id, "acme.example", showbrief=False)["tier"], "silver")
listed = architect.get_flows_datatable_rows(table.id, showbrief=False)
check("rows are listed", (listed.total, listed.entities[0]["tier"]), (1, "silver"))
check("or their keys alone", architect.get_flows_datatable_rows(table.id).entities, [{"KEY": "acme.example"}])
refused("a wrong type", 400, "invalid.value", architect.put_flows_datatable_row, table.id, "x", body={"seats": "many"})
architect.delete_flows_datatable_row(table.id, "acme.example")
refused("a row is gone", 404, "flows.datatables.row.not.found", architect.get_flows_datatable_row, table.id, "acme.example")
table = architect.get_flows_datatable(table.id, expand="schema")
table.description = "changed"
check("a table is changed", architect.put_flows_datatable(table.id, table).description, "changed")
check("tables are listed", architect.get_flows_datatables(name="cust*").total, 1)
check("a table is tracked", architect.get_architect_dependencytracking_object(table.id, object_type="DATATABLE").name, "Customers")
architect.delete_flows_datatable(table.id)
refused("a table is gone", 404, "flows.datatables.not.found", architect.get_flows_datatable, table.id)

# --- skills
skill = routing.post_routing_skills({"name": "Invoices"})
check("a skill is made", (skill.name, skill.state, skill.version, skill.division.name), ("Invoices", "active", "1", "Home"))
refused("its name is taken", 409, "duplicate.name", routing.post_routing_skills, {"name": "invoices"})
check("skills are listed", [one.name for one in routing.get_routing_skills(name="inv*", id=[skill.id]).entities], ["Invoices"])
check("a skill stays in the one division", routing.patch_routing_skill(skill.id, {"divisionId": "*"}).version, "2")
check("a skill is read", routing.get_routing_skill(skill.id).name, "Invoices")
routing.delete_routing_skill(skill.id)
refused("a skill is gone", 404, "resource.not.found", routing.get_routing_skill, skill.id)

# --- languages
language = routing.post_routing_languages({"name": "French"})
check("a language is made", (language.name, language.state, language.version), ("French", "active", "1"))
check("languages are listed", [one.name for one in routing.get_routing_languages(name="fr*", sort_order="desc").entities], ["French"])
check("a language is read", routing.get_routing_language(language.id).name, "French")
routing.delete_routing_language(language.id)
refused("a language is gone", 404, "resource.not.found", routing.get_routing_language, language.id)

# --- what is not offered
refused("jobs are not offered", 501, "not.implemented", architect.post_flows_jobs)
refused("exports are not offered", 501, "not.implemented", architect.post_flows_export_jobs, {"flows": []})
refused("users are not offered", 501, "not.implemented", sdk.UsersApi(client).get_users_me)

# --- clients
other.description = "changed"
check(
    "a client is changed",
    oauth.put_oauth_client(
        other.id, {"name": "Other", "authorizedGrantType": "CLIENT-CREDENTIALS", "scope": ["architect:readonly"]}
    ).scope,
    ["flow:read"],
)
check("clients are listed", "Other" in [one.name for one in oauth.get_oauth_clients().entities])
rotated = oauth.post_oauth_client_secret(other.id)
check("a secret is rotated", rotated.secret != other.secret)
refused("the old token is over", 401, "bad.credentials", sdk.ArchitectApi(second).get_flows)
second.get_client_credentials_token(other.id, rotated.secret)
sdk.TokensApi(second).delete_tokens_me()
refused("a token is ended", 401, "bad.credentials", sdk.ArchitectApi(second).get_flows)
oauth.delete_oauth_client(other.id)
refused("a client is deleted", 404, "not.found", oauth.get_oauth_client, other.id)

# --- the end of things
routing.delete_routing_email_domain_route("shop.example", route.id)
refused("a route is deleted", 404, "postino.error.not.found", routing.get_routing_email_domain_route, "shop.example", route.id)
routing.delete_routing_email_domain("shop.example")
check("a domain is deleted", routing.get_routing_email_domains().total, 0)
check("deactivated", architect.post_flows_actions_deactivate(inbound.id).active, False)
architect.delete_flow(plain.id)
refused("a flow is deleted", 410, "architect.flow.deleted", architect.get_flow, plain.id)
check("and found among the deleted", architect.get_flow(plain.id, deleted=True).deleted)
check("some at once", architect.delete_flows([inbound.id, shared.id]).action_name, "DELETE")
check("none is left", architect.get_flows().total, 0)
check("all are known to have been", architect.get_flows(deleted=True).total, 3)

print(f"{passed} passed, {len(failed)} failed")
sys.exit(1 if failed else 0)
