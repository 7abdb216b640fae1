-- What goes out: mails, and a delivery for each recipient.

-- The bytes of a mail, but for the message's own that stand between `head` and `tail`. `uses` counts the deliveries that have it.
CREATE TABLE outgoing (
    id INTEGER PRIMARY KEY,
    head BLOB NOT NULL,
    with_original INTEGER NOT NULL,
    tail BLOB NOT NULL,
    seal INTEGER,
    uses INTEGER NOT NULL
);
CREATE TRIGGER outgoing_made AFTER INSERT ON outgoing BEGIN
    UPDATE outgoing SET seal = seal(NEW.id, NEW.head, NEW.with_original, NEW.tail) WHERE id = NEW.id;
END;

-- `run` NULL: a person sent it. `target_key` and `domain` are folded. `due_at` is when it is tried next or, while somebody carries it under
-- `lease`, when that ends. `again`: somebody wanted everything sent again since. `held` is JSON. `correspondent` and `thread` are those of
-- automatic answers alone.
CREATE TABLE deliveries (
    id BLOB PRIMARY KEY,
    interaction BLOB NOT NULL,
    content INTEGER,
    run INTEGER,
    kind INTEGER NOT NULL,
    target TEXT NOT NULL,
    target_key TEXT NOT NULL,
    domain TEXT NOT NULL,
    state INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    due_at INTEGER,
    lease BLOB,
    since INTEGER NOT NULL,
    last_answer TEXT,
    held TEXT,
    sender TEXT NOT NULL,
    message_id TEXT NOT NULL,
    place TEXT,
    correspondent TEXT,
    thread TEXT,
    again INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    ended_at INTEGER,
    seal INTEGER
);
CREATE TRIGGER deliveries_made AFTER INSERT ON deliveries BEGIN
    UPDATE deliveries SET seal = seal(
        NEW.id, NEW.interaction, NEW.content, NEW.run, NEW.kind, NEW.target, NEW.target_key, NEW.domain, NEW.state,
        NEW.attempts, NEW.due_at, NEW.lease, NEW.since, NEW.last_answer, NEW.held, NEW.sender, NEW.message_id,
        NEW.place, NEW.correspondent, NEW.thread, NEW.again, NEW.created_at, NEW.ended_at
    ) WHERE id = NEW.id;
END;
CREATE TRIGGER deliveries_sealed AFTER UPDATE OF
    id, interaction, content, run, kind, target, target_key, domain, state, attempts, due_at, lease, since,
    last_answer, held, sender, message_id, place, correspondent, thread, again, created_at, ended_at
ON deliveries BEGIN
    UPDATE deliveries SET seal = CASE WHEN OLD.seal = seal(
        OLD.id, OLD.interaction, OLD.content, OLD.run, OLD.kind, OLD.target, OLD.target_key, OLD.domain, OLD.state,
        OLD.attempts, OLD.due_at, OLD.lease, OLD.since, OLD.last_answer, OLD.held, OLD.sender, OLD.message_id,
        OLD.place, OLD.correspondent, OLD.thread, OLD.again, OLD.created_at, OLD.ended_at
    ) THEN seal(
        NEW.id, NEW.interaction, NEW.content, NEW.run, NEW.kind, NEW.target, NEW.target_key, NEW.domain, NEW.state,
        NEW.attempts, NEW.due_at, NEW.lease, NEW.since, NEW.last_answer, NEW.held, NEW.sender, NEW.message_id,
        NEW.place, NEW.correspondent, NEW.thread, NEW.again, NEW.created_at, NEW.ended_at
    ) ELSE OLD.seal END WHERE id = NEW.id;
END;

CREATE INDEX deliveries_due ON deliveries (due_at) WHERE state = 0;
CREATE INDEX deliveries_by_interaction ON deliveries (interaction);
CREATE INDEX deliveries_by_target ON deliveries (target_key, id);
CREATE INDEX deliveries_by_message_id ON deliveries (message_id);
-- Most are delivered.
CREATE INDEX deliveries_by_state ON deliveries (state, id) WHERE state <> 1;
CREATE INDEX deliveries_to_correspondent ON deliveries (correspondent, created_at) WHERE correspondent IS NOT NULL;
CREATE INDEX deliveries_in_thread ON deliveries (thread, created_at) WHERE thread IS NOT NULL;

-- Keys that all nodes share.
CREATE TABLE shared_keys (name TEXT PRIMARY KEY, value BLOB NOT NULL, seal INTEGER);
CREATE TRIGGER shared_keys_made AFTER INSERT ON shared_keys BEGIN
    UPDATE shared_keys SET seal = seal(NEW.name, NEW.value) WHERE name = NEW.name;
END;

-- Interactions whose forward is on the way.
CREATE INDEX interactions_going_out ON interactions (id) WHERE state = 6;
