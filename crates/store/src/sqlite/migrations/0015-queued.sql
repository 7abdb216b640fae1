-- How long work has waited in its queue, and how much waits in each.

-- When it came into its queue; set while it is there, claimed or not. Of what is there already the end of the last run is known.
ALTER TABLE interactions ADD COLUMN queued_at INTEGER;

DROP TRIGGER interactions_sealed;
UPDATE interactions SET queued_at = coalesce(
    (SELECT started_at + duration_us FROM runs WHERE runs.interaction = interactions.id AND runs.number = interactions.runs),
    received_at)
WHERE state IN (2, 3);
-- Most rows have none, and their seals stay as they are: the seal of one that has it covers the seal of the other columns, and it.
UPDATE interactions SET seal = seal_with(seal, queued_at) WHERE state IN (2, 3) AND seal IS NOT NULL;
CREATE TRIGGER interactions_sealed AFTER UPDATE OF
    id, state, received_at, message, message_sum, route, flow_id, flow_version, decision, queue, priority, initial_priority,
    runs, duplicates, erased, possible_duplicate_of, lease, lease_until, rerun_by, message_id, envelope_from, envelope_to,
    remote, subject, skills, attributes, attributes_set, decision_more, opening, completed_at, queued_at
ON interactions BEGIN
    UPDATE interactions SET seal = CASE WHEN OLD.seal IS NULL OR OLD.seal = seal_with(seal(
        OLD.id, OLD.state, OLD.received_at, OLD.message, OLD.message_sum, OLD.route, OLD.flow_id, OLD.flow_version,
        OLD.decision, OLD.queue, OLD.priority, OLD.initial_priority, OLD.runs, OLD.duplicates, OLD.erased,
        OLD.possible_duplicate_of, OLD.lease, OLD.lease_until, OLD.rerun_by, OLD.message_id, OLD.envelope_from,
        OLD.envelope_to, OLD.remote, OLD.subject, OLD.skills, OLD.attributes, OLD.attributes_set, OLD.decision_more,
        OLD.opening, OLD.completed_at
    ), OLD.queued_at) THEN seal_with(seal(
        NEW.id, NEW.state, NEW.received_at, NEW.message, NEW.message_sum, NEW.route, NEW.flow_id, NEW.flow_version,
        NEW.decision, NEW.queue, NEW.priority, NEW.initial_priority, NEW.runs, NEW.duplicates, NEW.erased,
        NEW.possible_duplicate_of, NEW.lease, NEW.lease_until, NEW.rerun_by, NEW.message_id, NEW.envelope_from,
        NEW.envelope_to, NEW.remote, NEW.subject, NEW.skills, NEW.attributes, NEW.attributes_set, NEW.decision_more,
        NEW.opening, NEW.completed_at
    ), NEW.queued_at) ELSE OLD.seal END WHERE id = NEW.id;
END;

-- With the state, though it is always the same: only so is what waits counted without reading its rows.
CREATE INDEX interactions_queued ON interactions (queue, queued_at, state) WHERE state = 2 AND queue IS NOT NULL;

-- What is decided and claimed by nobody, by queue. Written once for each commit.
CREATE TABLE queue_counters (queue BLOB PRIMARY KEY, waiting INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO queue_counters (queue, waiting)
    SELECT queue, count(*) FROM interactions WHERE state = 2 AND queue IS NOT NULL GROUP BY queue;
