-- Lists and maps are JSON text, as they were written. NULL is "there is none".

CREATE TABLE epoch (only_one boolean PRIMARY KEY CHECK (only_one), value bigint NOT NULL);
INSERT INTO epoch VALUES (true, 0);

CREATE TABLE flows (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    folded_name text NOT NULL,
    shared boolean NOT NULL,
    type_as_written text NOT NULL,
    description text NOT NULL,
    published bigint,
    newest bigint NOT NULL,
    revision bigint NOT NULL,
    labels text NOT NULL,
    deprecated text,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    modified_at timestamptz NOT NULL,
    deleted_at timestamptz,
    locked_by text,
    locked_at timestamptz,
    locked_base bigint
);
-- Uniqueness of the living names is checked when a change set is complete: two flows may swap names in one.
CREATE INDEX flows_by_name ON flows (folded_name, shared) WHERE deleted_at IS NULL;

CREATE TABLE flow_versions (
    flow_id uuid NOT NULL,
    version bigint NOT NULL,
    hash text NOT NULL,
    bindings text NOT NULL,
    validation text NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    published_at timestamptz,
    content text NOT NULL,
    PRIMARY KEY (flow_id, version)
);

CREATE TABLE flow_events (
    flow_id uuid NOT NULL,
    number bigint NOT NULL,
    kind text NOT NULL,
    version bigint,
    label text,
    targets text,
    note text,
    at timestamptz NOT NULL,
    by text NOT NULL,
    PRIMARY KEY (flow_id, number)
);

CREATE TABLE queues (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    folded_name text NOT NULL,
    built_in boolean NOT NULL,
    extra text NOT NULL,
    created_at timestamptz NOT NULL,
    modified_at timestamptz NOT NULL
);

CREATE TABLE domains (domain text PRIMARY KEY, extra text NOT NULL, created_at timestamptz NOT NULL);

-- Routes that were deleted stay for the mail that they were bound to.
CREATE TABLE routes (
    id uuid PRIMARY KEY,
    domain text NOT NULL,
    pattern text NOT NULL,
    target_flow uuid,
    target_queue uuid,
    unrouted_queue uuid,
    priority bigint NOT NULL,
    extra text NOT NULL,
    created_at timestamptz NOT NULL,
    modified_at timestamptz NOT NULL,
    deleted boolean NOT NULL,
    CHECK ((target_flow IS NULL) <> (target_queue IS NULL))
);

-- The raw bytes stand apart, so that lists never page over them. `uses` counts the interactions that still show them.
CREATE TABLE messages (id uuid PRIMARY KEY, uses integer NOT NULL, raw bytea NOT NULL);
-- Mail is mostly encoded already: compressing it would cost time and save little.
ALTER TABLE messages ALTER COLUMN raw SET STORAGE EXTERNAL;

-- Identifiers are UUIDs version 7: rows are appended, and the newest are last.
-- state: 0 received, 1 running, 2 decided, 3 claimed, 4 completed. decision: 0 queue, 1 forward, 2 disconnect, 3 unrouted.
CREATE TABLE interactions (
    id uuid PRIMARY KEY,
    state smallint NOT NULL,
    received_at timestamptz NOT NULL,
    message uuid,
    route uuid,
    flow_id uuid,
    flow_version bigint,
    decision smallint,
    queue uuid,
    priority bigint NOT NULL,
    initial_priority bigint NOT NULL,
    runs bigint NOT NULL,
    duplicates bigint NOT NULL,
    erased boolean NOT NULL,
    possible_duplicate_of uuid,
    lease uuid,
    lease_until timestamptz,
    rerun_by text,
    message_id text,
    envelope_from text NOT NULL,
    envelope_to text NOT NULL,
    remote text NOT NULL,
    subject text NOT NULL,
    skills text,
    -- Those that the last run left, with those of `attributes_set` over them, which were set apart from runs.
    attributes text,
    attributes_set text,
    decision_more text,
    opening text,
    -- When it was completed: its time counts from then.
    completed_at timestamptz
);
CREATE INDEX interactions_waiting ON interactions (received_at, id) WHERE state = 0;
CREATE INDEX interactions_work ON interactions (queue, priority DESC, received_at, id) WHERE state = 2;
CREATE INDEX interactions_leased ON interactions (lease_until) WHERE state IN (1, 3);
CREATE INDEX interactions_contents ON interactions (completed_at) WHERE completed_at IS NOT NULL AND NOT erased;
CREATE INDEX interactions_completed ON interactions (completed_at) WHERE completed_at IS NOT NULL;
-- Lists are as fast with millions of interactions as with a thousand: what is found far back is found by an index. Identifiers are in
-- it, for lists are newest first. A page of an index holds no long texts: of those the first 200 characters.
CREATE INDEX interactions_by_queue ON interactions (queue, id) WHERE queue IS NOT NULL;
CREATE INDEX interactions_by_flow ON interactions (flow_id, id) WHERE flow_id IS NOT NULL;
CREATE INDEX interactions_by_message_id ON interactions (left(message_id, 200), id) WHERE message_id IS NOT NULL;
CREATE INDEX interactions_by_sender ON interactions (left(lower(envelope_from COLLATE "und-x-icu"), 200), id);
CREATE INDEX interactions_lease ON interactions (lease) WHERE lease IS NOT NULL;

CREATE TABLE runs (
    interaction uuid NOT NULL,
    number bigint NOT NULL,
    flow_id uuid,
    flow_version bigint,
    started_at timestamptz NOT NULL,
    duration_us bigint NOT NULL,
    rerun_by text,
    decision smallint NOT NULL,
    queue uuid,
    priority bigint NOT NULL,
    skills text,
    decision_more text,
    attributes text,
    trace text NOT NULL,
    PRIMARY KEY (interaction, number)
);
ALTER TABLE runs ALTER COLUMN trace SET STORAGE EXTERNAL;

-- What a later mail is compared with. `message_key` is a hash of route and Message-ID, `content_key` one of sender and content.
CREATE TABLE seen (
    message_key bytea NOT NULL,
    content_key bytea NOT NULL,
    interaction uuid NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (message_key, content_key)
);
CREATE INDEX seen_by_age ON seen (received_at);

CREATE TABLE idempotency (
    key text PRIMARY KEY,
    fingerprint bytea NOT NULL,
    -- 16 bytes each.
    interactions bytea NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX idempotency_by_age ON idempotency (created_at);

-- topic: 0 duplicates, 1 interactions by state, 2 interactions by decision. A count is the sum over all slots. A slot
-- belongs to a connection, by the number of its server process, so that no transaction waits for another's; slot 0 has what
-- connections left that are gone.
CREATE TABLE counters (
    slot integer NOT NULL,
    topic smallint NOT NULL,
    member smallint NOT NULL,
    value bigint NOT NULL,
    PRIMARY KEY (slot, topic, member)
) WITH (fillfactor = 50);

CREATE TABLE clients (
    id text PRIMARY KEY,
    name text NOT NULL,
    description text NOT NULL,
    secret_hash text NOT NULL,
    -- The secret that the configuration last gave it.
    configured_hash text,
    scopes text NOT NULL,
    token_seconds bigint,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    modified_at timestamptz NOT NULL,
    revoked_at timestamptz
);

CREATE TABLE tokens (
    hash bytea PRIMARY KEY,
    client_id text NOT NULL,
    scopes text NOT NULL,
    issued_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX tokens_by_client ON tokens (client_id);
CREATE INDEX tokens_by_end ON tokens (expires_at);

-- Requests that nodes let in, by client and second since 1970. Nothing is lost with it: so it is not logged, and costs no sync.
CREATE UNLOGGED TABLE requests (
    client text NOT NULL,
    node uuid NOT NULL,
    second bigint NOT NULL,
    admitted bigint NOT NULL,
    PRIMARY KEY (client, node, second)
);
CREATE INDEX requests_by_age ON requests (second);

CREATE TABLE audit (
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    entity_kind text NOT NULL,
    entity_id text NOT NULL,
    entity_name text NOT NULL,
    note text,
    before text,
    after text
);
CREATE INDEX audit_by_entity ON audit (entity_id, id);
