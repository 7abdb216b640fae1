-- How long work has waited in its queue, and how much waits in each.

-- When it came into its queue; set while it is there, claimed or not. Of what is there already the end of the last run is known.
ALTER TABLE interactions ADD COLUMN queued_at timestamptz;
UPDATE interactions SET queued_at = coalesce(
    (SELECT started_at + duration_us * interval '1 microsecond' FROM runs
        WHERE runs.interaction = interactions.id AND runs.number = interactions.runs),
    received_at)
WHERE state IN (2, 3);

CREATE INDEX interactions_queued ON interactions (queue, queued_at) WHERE state = 2;

-- What is decided and claimed by nobody, by queue: the sum over all slots, as in `counters`.
CREATE TABLE queue_counters (
    queue uuid NOT NULL,
    slot integer NOT NULL,
    waiting bigint NOT NULL,
    PRIMARY KEY (queue, slot)
) WITH (fillfactor = 50);
INSERT INTO queue_counters (queue, slot, waiting)
    SELECT queue, 0, count(*) FROM interactions WHERE state = 2 AND queue IS NOT NULL GROUP BY queue;
