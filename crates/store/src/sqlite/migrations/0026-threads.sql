-- Threads: which earlier mail of its route an interaction goes on from.

-- The thread that it joined, as JSON; NULL for one that began its own, and for what earlier releases accepted.
ALTER TABLE interactions ADD COLUMN thread TEXT;

-- Most rows have none, and their seals stay as they are.
DROP TRIGGER interactions_sealed;
CREATE TRIGGER interactions_sealed AFTER UPDATE OF
    id, state, received_at, message, message_sum, route, flow_id, flow_version, decision, queue, priority, initial_priority,
    runs, duplicates, erased, possible_duplicate_of, lease, lease_until, rerun_by, message_id, envelope_from, envelope_to,
    remote, subject, skills, attributes, attributes_set, decision_more, opening, completed_at, queued_at,
    thread
ON interactions BEGIN
    UPDATE interactions SET seal = CASE WHEN OLD.seal IS NULL OR OLD.seal = seal_with(seal_with(seal(
        OLD.id, OLD.state, OLD.received_at, OLD.message, OLD.message_sum, OLD.route, OLD.flow_id, OLD.flow_version,
        OLD.decision, OLD.queue, OLD.priority, OLD.initial_priority, OLD.runs, OLD.duplicates, OLD.erased,
        OLD.possible_duplicate_of, OLD.lease, OLD.lease_until, OLD.rerun_by, OLD.message_id, OLD.envelope_from,
        OLD.envelope_to, OLD.remote, OLD.subject, OLD.skills, OLD.attributes, OLD.attributes_set, OLD.decision_more,
        OLD.opening, OLD.completed_at
    ), OLD.queued_at), OLD.thread) THEN seal_with(seal_with(seal(
        NEW.id, NEW.state, NEW.received_at, NEW.message, NEW.message_sum, NEW.route, NEW.flow_id, NEW.flow_version,
        NEW.decision, NEW.queue, NEW.priority, NEW.initial_priority, NEW.runs, NEW.duplicates, NEW.erased,
        NEW.possible_duplicate_of, NEW.lease, NEW.lease_until, NEW.rerun_by, NEW.message_id, NEW.envelope_from,
        NEW.envelope_to, NEW.remote, NEW.subject, NEW.skills, NEW.attributes, NEW.attributes_set, NEW.decision_more,
        NEW.opening, NEW.completed_at
    ), NEW.queued_at), NEW.thread) ELSE OLD.seal END WHERE id = NEW.id;
END;

-- What later mail finds its thread by. `subject` and `people` are keyed hashes: no address and no subject is in here.
CREATE TABLE threads (
    interaction BLOB PRIMARY KEY,
    -- NULL: it begins its own.
    thread BLOB,
    -- Of author, route and subject; NULL where no mail is to be joined by its subject.
    subject INTEGER,
    -- Of each address that takes part, eight bytes each.
    people BLOB NOT NULL,
    seal INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX threads_by_thread ON threads (thread, interaction) WHERE thread IS NOT NULL;
CREATE INDEX threads_by_subject ON threads (subject, interaction) WHERE subject IS NOT NULL;
