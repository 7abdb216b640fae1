"""Prints docs/genesys-sdk.md: what becomes of each method of the official SDK in the areas that Waypost has a part of.

Method, path and verb are read from the SDK itself, what is offered from the server's OpenAPI document. The document's address is the
first argument.
"""

import inspect
import json
import re
import sys
import urllib.request

import PureCloudPlatformClientV2 as sdk

APIS = ["ArchitectApi", "RoutingApi", "ConversationsApi", "OAuthApi", "TokensApi", "IntegrationsApi"]

# Paths that belong to the areas above; of conversations, email alone is worth a list, and of integrations, actions.
WITHIN = {
    "ConversationsApi": "/api/v2/conversations/emails",
    "IntegrationsApi": "/api/v2/integrations/actions",
}

# How a method that is offered differs from what Genesys does with it.
DIFFERS = {
    "post_flows": "a body with content makes and publishes a version; 409 for a name that is taken",
    "put_flow": "with content, a new version is published; without, the content stays",
    "delete_flow": "409 with every user while it is used",
    "delete_flows": "all of them or none; flows that use each other can go together",
    "get_flows": "`lockedBy`, `secure` and `virtualAgentEnabled` find nothing: there are no users, secure data or virtual agents",
    "post_flow_versions": "the body is a Waypost flow document, not an Architect configuration",
    "get_flow_version_configuration": "a Waypost flow document",
    "get_flow_latestconfiguration": "a Waypost flow document",
    "post_flows_actions_publish": "immediately: the operation is complete; 409 with every caller it would break",
    "post_flows_actions_deactivate": "409 with every caller and route while one follows it",
    "post_flows_actions_revert": "what was saved meanwhile stays as versions; the previous newest is saved again",
    "post_flow_history": "immediately; the history's id is the flow's",
    "get_architect_dependencytracking": "finds all but email routes and domains",
    "get_architect_dependencytracking_deletedresourceconsumers": "always empty: what is used can't be deleted",
    "get_architect_dependencytracking_updatedresourceconsumers": "always empty: users are checked with each change",
    "get_architect_dependencytracking_types": "flows of both types, email routes, and what flows name",
    "get_flows_datatables": "`expand=schema` for the columns, as there",
    "get_flows_datatable": "the columns are always included",
    "post_flows_datatables": "names of columns are names of the flow language; `dataType` and `ignoreCase` are ours; limits on values are not kept",
    "put_flows_datatable": "columns of a table with rows keep their types; 409 with every flow that would break",
    "delete_flows_datatable": "a table in use is not deleted, even with `force`",
    "get_flows_datatable_rows": "in order of the keys; `text/csv`, `after` and `version` are ours",
    "get_flows_datatable_row": "everything, unless `showbrief` is true",
    "put_flows_datatable_row": "creates the row if it is missing",
    "post_architect_dependencytracking_build": "no effect: dependencies are always known",
    "get_routing_queue_members": "always empty: there are no agents",
    "get_routing_queue_wrapupcodes": "always empty: there are no agents",
    "post_routing_queues": "members that Waypost does not use are kept and returned",
    "put_routing_queue": "members that Waypost does not use are kept and returned",
    "patch_routing_skill": "there is one division; a `name` renames it, which Genesys does not",
    "delete_routing_skill": "409 with every flow that names it",
    "delete_routing_queue": "a queue in use is not deleted, even with `forceDelete`",
    "post_routing_email_domains": "no root domain: `subDomain` must not be true; 409 if the domain exists",
    "get_routing_email_domain": "`mxRecordStatus` is always `NOT_AVAILABLE`: DNS is not checked",
    "post_routing_email_domain_routes": "`pattern` may hold `*`; `unroutedQueue` is ours",
    "post_conversations_emails": "only INBOUND; the fields become a mail, which is an interaction like any other",
    "get_conversations_email_messages": "one message: the mail",
    "patch_conversations_email": "only `state: disconnected`",
    "patch_conversations_email_participant": "only `state: disconnected`",
    "post_oauth_clients": "CLIENT-CREDENTIALS alone; `scope` is what counts, roles are not looked at",
    "put_oauth_client": "CLIENT-CREDENTIALS only; removing a right takes effect immediately",
    "post_oauth_client_secret": "the old secret and its tokens stop working immediately",
    "post_integrations_actions": "what can't work is refused when it is saved, URLs without a host too; `retries` and `cacheSeconds` are ours",
    "patch_integrations_action": "a `contract` is taken, too; 409 with every flow that would break",
    "get_integrations_action": "always whole",
    "get_integrations_action_schema": "`input.json` and `success.json`",
    "delete_integrations_action": "409 with every flow that calls it",
    "delete_oauth_client": "409 for the last active client with the scope `admin`",
}


def called(method):
    """The verb and the path that a method of the SDK asks for."""
    source = inspect.getsource(method)
    path = re.search(r"resource_path = '([^']+)'", source)
    verb = re.search(r"call_api\(resource_path, '([A-Z]+)'", source)
    return (verb.group(1), path.group(1)) if path and verb else None


def shape(path):
    """A path without the names of its parameters."""
    return re.sub(r"\{[^}]+\}", "{}", path)


def offered_by(address):
    """Verbs and shapes of paths in the OpenAPI document at an address."""
    with urllib.request.urlopen(address) as answer:
        paths = json.load(answer)["paths"]
    return {(verb.upper(), shape(path)) for path, verbs in paths.items() for verb in verbs}


def main():
    offered = offered_by(sys.argv[1])
    print("# The official SDKs, method by method\n")
    print("For programmers who use Genesys's SDKs with Waypost. Generated from the Python SDK and the server's OpenAPI document; `make test`")
    print("runs checks of each SDK against the built server (`crates/waypost/tests/sdks`). The JavaScript SDK has the same methods in")
    print("camelCase. What is not offered answers 501 with an error body, never a wrong success; so do all other areas of the API.\n")
    for api in APIS:
        methods = inspect.getmembers(getattr(sdk, api), inspect.isfunction)
        found, gaps = [], []
        for name, method in methods:
            if name.startswith("_") or name.endswith("_with_http_info"):
                continue
            call = called(method)
            if not call or not call[1].startswith(WITHIN.get(api, "")):
                continue
            if (call[0], shape(call[1])) in offered:
                found.append((name, call))
            else:
                gaps.append(name)
        print(f"## {api}\n")
        print("| method | asks | works | differs |\n| --- | --- | --- | --- |")
        for name, (verb, path) in found:
            print(f"| `{name}` | `{verb} {path.removeprefix('/api/v2')}` | yes | {DIFFERS.get(name, '')} |")
        print(f"\nNot offered ({len(gaps)}): {', '.join(f'`{name}`' for name in gaps)}.\n" if gaps else "")


if __name__ == "__main__":
    main()
