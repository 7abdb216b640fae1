-- Damage is seen: CRC-32 of raw messages and of traces. NULL: kept by an earlier release. The message's stands with the interaction, so
-- that one message is not taken for another.
ALTER TABLE interactions ADD COLUMN message_sum bigint;
ALTER TABLE runs ADD COLUMN trace_sum bigint;

-- The mark of the last transaction that used a row. Rows are updated in place; see commits.rs.
CREATE TABLE commits (
    slot uuid PRIMARY KEY,
    mark uuid NOT NULL,
    at timestamptz NOT NULL
) WITH (fillfactor = 10);
