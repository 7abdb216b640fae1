-- What goes out: mails, and a delivery for each recipient.

-- The bytes of a mail, but for the message's own that stand between `head` and `tail`, with the CRC-32 of both. `uses` counts the deliveries
-- that have it.
CREATE TABLE outgoing (
    id uuid PRIMARY KEY,
    uses integer NOT NULL,
    head bytea NOT NULL,
    with_original boolean NOT NULL,
    tail bytea NOT NULL,
    content_sum bigint NOT NULL
);

-- `run` NULL: a person sent it. `target_key` and `domain` are folded. `due_at` is when it is tried next or, while somebody carries it under
-- `lease`, when that ends. `again`: somebody wanted everything sent again since. `held` is JSON. `correspondent` and `thread` are those of
-- automatic answers alone.
CREATE TABLE deliveries (
    id uuid PRIMARY KEY,
    interaction uuid NOT NULL,
    content uuid,
    run bigint,
    kind smallint NOT NULL,
    target text NOT NULL,
    target_key text NOT NULL,
    domain text NOT NULL,
    state smallint NOT NULL,
    attempts bigint NOT NULL,
    due_at timestamptz,
    lease uuid,
    since timestamptz NOT NULL,
    last_answer text,
    held text,
    sender text NOT NULL,
    message_id text NOT NULL,
    place text,
    correspondent text,
    thread text,
    again boolean NOT NULL,
    created_at timestamptz NOT NULL,
    ended_at timestamptz
);

CREATE INDEX deliveries_due ON deliveries (due_at) WHERE state = 0;
CREATE INDEX deliveries_by_interaction ON deliveries (interaction);
-- Of long texts the indexes have the first characters alone.
CREATE INDEX deliveries_by_target ON deliveries (left(target_key, 200), id);
CREATE INDEX deliveries_by_message_id ON deliveries (left(message_id, 200));
-- Most are delivered.
CREATE INDEX deliveries_by_state ON deliveries (state, id) WHERE state <> 1;
CREATE INDEX deliveries_to_correspondent ON deliveries (left(correspondent, 200), created_at) WHERE correspondent IS NOT NULL;
CREATE INDEX deliveries_in_thread ON deliveries (left(thread, 200), created_at) WHERE thread IS NOT NULL;

-- Keys that all nodes share.
CREATE TABLE shared_keys (name text PRIMARY KEY, value bytea NOT NULL);

-- counters of topic 3: deliveries by state.

-- Interactions whose forward is on the way.
CREATE INDEX interactions_going_out ON interactions (id) WHERE state = 6;
