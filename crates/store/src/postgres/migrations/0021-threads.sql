-- Threads: which earlier mail of its route an interaction goes on from.

-- The thread that it joined, as JSON; NULL for one that began its own, and for what earlier releases accepted.
ALTER TABLE interactions ADD COLUMN thread text;

-- What later mail finds its thread by. `subject` and `people` are keyed hashes: no address and no subject is in here.
CREATE TABLE threads (
    interaction uuid PRIMARY KEY,
    -- NULL: it begins its own.
    thread uuid,
    -- Of author, route and subject; NULL where no mail is to be joined by its subject.
    subject bigint,
    -- Of each address that takes part, eight bytes each.
    people bytea NOT NULL
);
CREATE INDEX threads_by_thread ON threads (thread, interaction) WHERE thread IS NOT NULL;
CREATE INDEX threads_by_subject ON threads (subject, interaction) WHERE subject IS NOT NULL;
