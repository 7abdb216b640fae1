-- Mailboxes, who watches them, and what was taken from them, which is kept for as long as the mailbox is. `settings` and `health` are JSON;
-- `token` is encrypted by a key that the database does not hold.
CREATE TABLE mailboxes (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    folded_name text NOT NULL,
    enabled boolean NOT NULL,
    settings text NOT NULL,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    modified_at timestamptz NOT NULL
);

CREATE TABLE mailbox_watches (
    mailbox uuid PRIMARY KEY,
    lease uuid,
    lease_until timestamptz,
    health text NOT NULL,
    token bytea
);

CREATE TABLE mailbox_folders (
    mailbox uuid NOT NULL,
    folder text NOT NULL,
    uid_validity bigint NOT NULL,
    next_uid bigint NOT NULL,
    all_from bigint NOT NULL,
    before text NOT NULL,
    attached_at timestamptz NOT NULL,
    looked_at timestamptz NOT NULL,
    PRIMARY KEY (mailbox, folder)
);

CREATE TABLE mailbox_taken (
    mailbox uuid NOT NULL,
    folder text NOT NULL,
    uid_validity bigint NOT NULL,
    uid bigint NOT NULL,
    state smallint NOT NULL,
    attempts integer NOT NULL,
    content_hash bytea,
    why text,
    at timestamptz NOT NULL,
    PRIMARY KEY (mailbox, folder, uid_validity, uid)
);

-- Taken and not yet marked, moved or deleted (state 0); set aside (state 2); what is known by its content when UIDs are others.
CREATE INDEX mailbox_unfinished ON mailbox_taken (mailbox, folder, uid_validity, uid) WHERE state = 0;
CREATE INDEX mailbox_set_aside ON mailbox_taken (mailbox, at) WHERE state = 2;
CREATE INDEX mailbox_contents ON mailbox_taken (mailbox, content_hash) WHERE content_hash IS NOT NULL;
