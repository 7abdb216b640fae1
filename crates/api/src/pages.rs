//! Codes of answers: those that only the API gives. Codes of flows and of runs have pages beside their registries.

use waypost_ids::codes::Explained;

/// Each code with its meaning and what to do.
macro_rules! codes {
    ($($code:literal: $meaning:literal, $help:literal;)*) => {
        /// All codes.
        pub const ALL: &[Explained] = &[$(Explained {
            code: $code,
            meaning: $meaning,
            page: concat!("# ", $code, "\n\n", $meaning, "\n", $help, "\n"),
        },)*];
    };
}

codes! {
    "architect.dependency.invalid.type": "Dependency tracking knows no objects of this type.",
        "`GET /architect/dependencytracking/types` lists the types.";
    "architect.dependency.object.in.use": "The flow can't be deleted or unpublished: flows or routes use it.",
        "The answer lists every user with its place. Change them first, or delete all together in one change set (`waypost apply --prune`).";
    "architect.dependency.object.not.found": "Dependency tracking knows no such object, or not in this version.",
        "Check id, type and version: names of objects can change, ids stay.";
    "architect.flow.data.missing": "The request's body is empty, and a flow's document was expected.",
        "Send the document as JSON.";
    "architect.flow.deleted": "The flow was deleted.",
        "Its name is free: create it again. Its versions stay readable with `?deleted=true`.";
    "architect.flow.locked": "Another client checked the flow out, and nobody else can change it until then.",
        "Wait until it is checked in, or unlock it (`POST /flows/actions/unlock`).";
    "architect.flow.not.found": "There is no flow with this id.",
        "`waypost flows list` lists ids and names.";
    "architect.flow.version.missing": "The flow has no such version or label, or nothing of it is published.",
        "`waypost flows versions FLOW` lists versions and labels.";
    "architect.object.already.exists": "Another flow of this type has the name, whatever the case of its letters.",
        "Choose another name, or change the existing flow; `entityId` says which it is.";
    "authentication.required": "The request has no token.",
        "Get one from `POST /oauth/token`, and send it as `Authorization: Bearer TOKEN`.";
    "bad.credentials": "Client id, secret or token are not valid.",
        "Check both, and which server they are for. A token ends early when its client is disabled, deleted or gets another secret.";
    "bad.flow.id": "The conversation names a flow where it must not.",
        "Name either `queueId` or `flowId`.";
    "bad.request": "The request can't be read.",
        "The message says which part: the body's JSON, a header, a query parameter, or two of them that exclude each other.";
    "change.not.found": "The replay has no traces of this interaction.",
        "Traces are kept of some decisions that changed: `GET /replays/{id}` lists them.";
    "changeset.invalid": "The change set has errors, and nothing of it was done.",
        "`errors` lists every problem with its place. `waypost apply` and `plan` show them in the folder's files.";
    "changeset.project.other": "Another project applied an object of the change set last, and the set would change or delete it.",
        "Give the object another name, leave it to that project, or take it over: `waypost apply --take-over`, or `takeOver` in the request. \
        Taken over, it is this project's, and the other one is refused from then on.";
    "client.timeout": "The request's body arrived too slowly.",
        "Try again with a better connection, or send less at a time.";
    "correspondent.unfinished": "The person's data can't be erased while work with it is unfinished.",
        "The message says what is unfinished. Complete it first: `waypost correspondents find ADDRESS` lists the person's interactions.";
    "credentials.expired": "The token has expired.",
        "Get another one. Waypost's own clients do that themselves.";
    "data.action.failed": "The data action was called, and failed.",
        "The message says why. `waypost data-actions test` makes one call and shows request and answer.";
    "data.action.input.invalid": "The input does not match the data action's input schema.",
        "`errors` lists every place. `waypost data-actions show` prints the schema.";
    "data.action.timeout": "The data action did not answer in time.",
        "Try again later; the other server may have done what it was asked.";
    "data.action.unavailable": "The data action can't be called at the moment.",
        "Too many calls wait for it, or it failed too often in a row. Try again later.";
    "duplicate.name": "Another object of this kind has the name, whatever the case of its letters.",
        "Choose another name, or change the existing object; `entityId` says which it is.";
    "email.error.invalid.queue": "The conversation says something about a queue, and names none.",
        "Add `queueId`, or leave the member out: a flow decides itself.";
    "email.route.missing": "No route accepts the mail's recipient.",
        "`waypost routes list` lists all patterns. Create one for the address, or for `*`.";
    "erasure.not.found": "There is no erasure with this id.",
        "`POST /correspondents/erase` answers with the id of the one that it begins.";
    "flow.contract.broken": "A change that would break flows which call this one.",
        "An output that they read is gone or of another type, an input that they don't map has become required, or the like. Nothing was changed.\n\
        The answer lists every caller and every place in it. Keep the contract (give the new input a default, keep the old output beside the new one), or change the callers together with this flow in \
        one change set: `waypost apply` on a folder that holds them all does that.";
    "flow.invalid": "The flow has errors, and was not saved or published.",
        "`errors` lists every problem with its place, what was expected and found. Each has a code of its own that `waypost explain` knows.";
    "flow.no.config.available": "The flow has no content yet.",
        "Save a document: `waypost flows draft FLOW FILE`.";
    "flow.text.differs": "The text does not say what the version says.",
        "A version never changes; its text can have other comments, order and format alone. `errors` lists the places that differ. To change what the flow does, save a new version.";
    "flow.text.missing": "Nobody kept how the version was written.",
        "Its content is there: `waypost flows show`. A text is kept by `waypost apply`, `waypost flows draft` and the console.";
    "flows.datatables.duplicate.key": "The table has a row with this key.",
        "Change that row, or choose another key.";
    "flows.datatables.not.found": "There is no table with this id, or not in this version.",
        "`waypost tables list` lists ids and names.";
    "flows.datatables.row.not.found": "The table has no row with this key.",
        "Keys are compared letter by letter. `waypost tables rows TABLE` lists them.";
    "general.conflict": "What was asked for does not fit the object's state.",
        "The message says which: a claim whose lease ended, mail that is running, a delivery that has arrived, a built-in object.";
    "general.resource.conflict": "The object can't be deleted: something uses it, or mail waits in it.",
        "The answer lists every user with its place. Change them first, or delete all together in one change set (`waypost apply --prune`). A queue must be empty: transfer or complete its work.";
    "gone": "The mail's content was erased: it was too old, or somebody asked for it.",
        "Its decision is kept longer: `waypost interactions show`.";
    "idempotency.key.in.flight": "A request with this `Idempotency-Key` is not finished yet.",
        "Wait, and repeat the same request: it is answered as the first one.";
    "idempotency.key.reused": "The `Idempotency-Key` was used for another request within the last 24 hours.",
        "Use a new key for each mail, and the same one only to repeat a request.";
    "internal.server.error": "The server failed.",
        "Its log has the cause under the answer's `contextId`.";
    "invalid.value": "A member or parameter has a value that it can't have.",
        "`errors` lists every one with its path, what was expected and found.";
    "mailbox.not.authorised": "Nobody has allowed the server to read the mailbox by OAuth.",
        "`waypost mailboxes authorise MAILBOX` asks for it.";
    "method.not.allowed": "The path exists, and not for this method.",
        "The header `Allow` lists its methods.";
    "missing.permissions": "The token lacks a scope that the request needs.",
        "The message names the scope. An administrator adds it: `waypost clients scopes CLIENT SCOPE…`.";
    "not.found": "There is nothing at this address, or nothing with this id.",
        "`GET /api/v2/docs/openapi.json` lists all paths.";
    "not.implemented": "Genesys Cloud has this endpoint, and Waypost does not offer it.",
        "`docs/genesys-sdk.md` lists what is offered.";
    "postino.domain.exists": "The domain exists already, in this or the other spelling of an international name.",
        "Change the existing one.";
    "postino.error.not.found": "There is no such domain or route.",
        "`waypost domains list` and `waypost routes list` list all.";
    "postino.invalid.domain.name": "The domain's name is not valid.",
        "Use a name as in DNS, such as `support.example.com`.";
    "postino.invalid.route": "The route is not valid.",
        "`errors` lists every problem. A route leads to a flow or to a queue, not to both.";
    "postino.route.pattern.exists": "The domain has a route with this pattern.",
        "Change that route; `entityId` says which it is.";
    "precondition.failed": "Somebody changed the object since you read it: its `ETag` is not the one in `If-Match`.",
        "Read it again, and repeat your change on what is there now.";
    "replay.invalid": "The replay can't be started: the change set or the selection has errors.",
        "`errors` lists every problem with its place.";
    "replay.not.found": "There is no replay with this id.",
        "Replays are kept for some time: `waypost replays list` lists them.";
    "request.entity.too.large": "The request's body is larger than the server takes.",
        "The message says the limit. Large tables are imported as CSV; mails have a limit of their own (`serve --max-message-bytes`).";
    "required.field.missing": "A member that must be there is missing.",
        "`errors` names each one.";
    "resource.not.found": "There is no object of this kind with this id.",
        "List them, such as by `waypost queues list`: names can change, ids stay.";
    "secrets.unavailable": "The node can't encrypt or decrypt secrets.",
        "An operator must look at its `--secret-key-file`: all nodes need the same.";
    "service.unavailable": "The server can't answer at the moment: it starts or stops, or its storage is full or away.",
        "Try again after the seconds of `Retry-After`. Waypost's own clients do.";
    "storage.damaged": "A stored row or file is damaged.",
        "An operator must look at it: `waypost check` lists all damage, and a backup has what was there.";
    "table.import.running": "The table's rows are being replaced by another request.",
        "Try again when that is finished.";
    "too.many.requests": "The client made more requests in a minute than it may, or too many wrong secrets were tried.",
        "Wait as many seconds as `Retry-After` says. Waypost's own clients do. `serve --rate-limit` sets the limit.";
    "too.many.streams": "The client has as many streams of events open as it may.",
        "Close one, or use another client.";
    "unsupported.media.type": "The body has a media type or encoding that this endpoint does not take.",
        "The message names what it takes.";
}
