-- Damage is seen: rows carry checksums, and the store its name and how often it was committed.

-- CRC-32 of the raw message. It stands here and not with the message, so that one message is not taken for another. NULL: kept by an
-- earlier release.
ALTER TABLE interactions ADD COLUMN message_sum INTEGER;

-- `seal` covers the columns listed in the trigger. It is `seal(...)` of the connection that writes; NULL: kept by an earlier release.
ALTER TABLE interactions ADD COLUMN seal INTEGER;
ALTER TABLE runs ADD COLUMN seal INTEGER;

-- A row that was damaged before it is changed does not look sound afterwards.
CREATE TRIGGER interactions_sealed AFTER UPDATE OF
    id, state, received_at, message, message_sum, route, flow_id, flow_version, decision, queue, priority, initial_priority,
    runs, duplicates, erased, possible_duplicate_of, lease, lease_until, rerun_by, message_id, envelope_from, envelope_to,
    remote, subject, skills, attributes, attributes_set, decision_more, opening, completed_at
ON interactions BEGIN
    UPDATE interactions SET seal = CASE WHEN OLD.seal IS NULL OR OLD.seal = seal(
        OLD.id, OLD.state, OLD.received_at, OLD.message, OLD.message_sum, OLD.route, OLD.flow_id, OLD.flow_version,
        OLD.decision, OLD.queue, OLD.priority, OLD.initial_priority, OLD.runs, OLD.duplicates, OLD.erased,
        OLD.possible_duplicate_of, OLD.lease, OLD.lease_until, OLD.rerun_by, OLD.message_id, OLD.envelope_from,
        OLD.envelope_to, OLD.remote, OLD.subject, OLD.skills, OLD.attributes, OLD.attributes_set, OLD.decision_more,
        OLD.opening, OLD.completed_at
    ) THEN seal(
        NEW.id, NEW.state, NEW.received_at, NEW.message, NEW.message_sum, NEW.route, NEW.flow_id, NEW.flow_version,
        NEW.decision, NEW.queue, NEW.priority, NEW.initial_priority, NEW.runs, NEW.duplicates, NEW.erased,
        NEW.possible_duplicate_of, NEW.lease, NEW.lease_until, NEW.rerun_by, NEW.message_id, NEW.envelope_from,
        NEW.envelope_to, NEW.remote, NEW.subject, NEW.skills, NEW.attributes, NEW.attributes_set, NEW.decision_more,
        NEW.opening, NEW.completed_at
    ) ELSE OLD.seal END WHERE id = NEW.id;
END;

-- Runs change when their content is erased, and never otherwise.
CREATE TRIGGER runs_sealed AFTER UPDATE OF trace ON runs BEGIN
    UPDATE runs SET seal = seal(
        NEW.interaction, NEW.number, NEW.flow_id, NEW.flow_version, NEW.started_at, NEW.duration_us, NEW.rerun_by,
        NEW.decision, NEW.queue, NEW.priority, NEW.skills, NEW.decision_more, NEW.attributes, NEW.trace
    ) WHERE interaction = NEW.interaction AND number = NEW.number;
END;

-- The store's name, by which its directory knows it again. How often it was committed is counted in `counters` (group 3).
CREATE TABLE identity (only INTEGER PRIMARY KEY CHECK (only = 1), store BLOB NOT NULL);
INSERT INTO identity VALUES (1, randomblob(16));
INSERT INTO counters ("group", member, value) VALUES (3, 0, 0);
