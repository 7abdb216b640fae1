-- What was done when, for those who look: mails, decisions and times to decision by the minute, runs of flows by the hour: the sum over all
-- slots, as in `counters`. Rows of two days are kept.
CREATE TABLE activity (
    topic smallint NOT NULL,
    minute bigint NOT NULL,
    object uuid NOT NULL,
    member smallint NOT NULL,
    slot integer NOT NULL,
    value bigint NOT NULL,
    PRIMARY KEY (topic, minute, object, member, slot)
) WITH (fillfactor = 50);
