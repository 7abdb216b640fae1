-- Times are microseconds since 1970 (UTC), identifiers 16 bytes, lists and maps JSON text. NULL is "there is none".

CREATE TABLE epoch (only INTEGER PRIMARY KEY CHECK (only = 1), value INTEGER NOT NULL);
INSERT INTO epoch VALUES (1, 0);

CREATE TABLE flows (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    folded_name TEXT NOT NULL,
    shared INTEGER NOT NULL,
    type_as_written TEXT NOT NULL,
    description TEXT NOT NULL,
    published INTEGER,
    newest INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    modified_at INTEGER NOT NULL,
    deleted_at INTEGER
) WITHOUT ROWID;
-- Uniqueness of the living names is checked when a change set is complete: two flows may swap names in one.
CREATE INDEX flows_by_name ON flows (folded_name, shared) WHERE deleted_at IS NULL;

CREATE TABLE flow_versions (
    flow_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    hash TEXT NOT NULL,
    bindings TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    published_at INTEGER,
    content TEXT NOT NULL,
    UNIQUE (flow_id, version)
);

CREATE TABLE queues (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    folded_name TEXT NOT NULL,
    built_in INTEGER NOT NULL,
    extra TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE domains (domain TEXT PRIMARY KEY, extra TEXT NOT NULL, created_at INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE routes (
    id BLOB PRIMARY KEY,
    domain TEXT NOT NULL,
    pattern TEXT NOT NULL,
    target_flow BLOB,
    target_queue BLOB,
    unrouted_queue BLOB,
    priority INTEGER NOT NULL,
    extra TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    CHECK ((target_flow IS NULL) <> (target_queue IS NULL))
) WITHOUT ROWID;

-- The raw bytes stand apart, so that lists never page over them. `uses` counts the interactions that still show them.
CREATE TABLE messages (id INTEGER PRIMARY KEY, uses INTEGER NOT NULL, raw BLOB NOT NULL);

-- Identifiers are UUIDs version 7: rows are appended, and the newest are last.
-- state: 0 received, 1 running, 2 decided, 3 claimed, 4 completed. decision: 0 queue, 1 forward, 2 disconnect, 3 unrouted.
CREATE TABLE interactions (
    id BLOB PRIMARY KEY,
    state INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    message INTEGER,
    route BLOB,
    flow_id BLOB,
    flow_version INTEGER,
    decision INTEGER,
    queue BLOB,
    priority INTEGER NOT NULL,
    initial_priority INTEGER NOT NULL,
    runs INTEGER NOT NULL,
    duplicates INTEGER NOT NULL,
    erased INTEGER NOT NULL,
    possible_duplicate_of BLOB,
    lease BLOB,
    lease_until INTEGER,
    rerun_by TEXT,
    message_id TEXT,
    envelope_from TEXT NOT NULL,
    envelope_to TEXT NOT NULL,
    remote TEXT NOT NULL,
    subject TEXT NOT NULL,
    skills TEXT,
    attributes TEXT,
    decision_more TEXT
) WITHOUT ROWID;
CREATE INDEX interactions_waiting ON interactions (received_at) WHERE state < 2;
CREATE INDEX interactions_work ON interactions (queue, priority DESC, received_at) WHERE state = 2 AND queue IS NOT NULL;
CREATE INDEX interactions_leased ON interactions (lease_until) WHERE state IN (1, 3);
CREATE INDEX interactions_lease ON interactions (lease) WHERE lease IS NOT NULL;

-- With row numbers: traces are large, and rows are appended.
CREATE TABLE runs (
    interaction BLOB NOT NULL,
    number INTEGER NOT NULL,
    flow_id BLOB,
    flow_version INTEGER,
    started_at INTEGER NOT NULL,
    duration_us INTEGER NOT NULL,
    rerun_by TEXT,
    decision INTEGER NOT NULL,
    queue BLOB,
    priority INTEGER NOT NULL,
    skills TEXT,
    decision_more TEXT,
    attributes TEXT,
    trace TEXT NOT NULL,
    UNIQUE (interaction, number)
);

-- What a later mail is compared with. `message_key` is a hash of route and Message-ID, `content_key` one of sender and content.
CREATE TABLE seen (
    message_key BLOB NOT NULL,
    content_key BLOB NOT NULL,
    interaction BLOB NOT NULL,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (message_key, content_key)
) WITHOUT ROWID;
CREATE INDEX seen_by_age ON seen (received_at);

CREATE TABLE idempotency (
    key TEXT PRIMARY KEY,
    fingerprint BLOB NOT NULL,
    interactions BLOB NOT NULL,
    created_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX idempotency_by_age ON idempotency (created_at);

-- group: 0 duplicates, 1 interactions by state, 2 interactions by decision. Written once for each commit.
CREATE TABLE counters ("group" INTEGER NOT NULL, member INTEGER NOT NULL, value INTEGER NOT NULL, PRIMARY KEY ("group", member)) WITHOUT ROWID;

CREATE TABLE clients (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) WITHOUT ROWID;

CREATE TABLE tokens (
    hash BLOB PRIMARY KEY,
    client_id TEXT NOT NULL,
    scopes TEXT NOT NULL,
    issued_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX tokens_by_client ON tokens (client_id);
CREATE INDEX tokens_by_end ON tokens (expires_at);
