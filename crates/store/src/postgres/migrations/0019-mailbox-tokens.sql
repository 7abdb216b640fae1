-- Tokens of mailboxes and of their submission servers, and who fetches them: any node may, one at a time. `tokens` is encrypted by a key that the
-- database does not hold. They were kept with the watch before.
CREATE TABLE mailbox_tokens (
    mailbox uuid NOT NULL,
    used_for smallint NOT NULL,
    lease uuid,
    lease_until timestamptz,
    tokens bytea,
    PRIMARY KEY (mailbox, used_for)
);
INSERT INTO mailbox_tokens (mailbox, used_for, tokens)
    SELECT mailbox, 0, token FROM mailbox_watches WHERE token IS NOT NULL;
ALTER TABLE mailbox_watches DROP COLUMN token;

-- Attempts that failed and are made again: messages that were set aside, and somebody has tried again.
CREATE INDEX mailbox_open ON mailbox_taken (mailbox, folder, uid_validity, uid) WHERE state = 3;

-- What a queue pushes is of kind 6 if it goes into a folder of a mailbox.
DROP INDEX deliveries_due;
DROP INDEX deliveries_by_domain;
CREATE INDEX deliveries_due ON deliveries (due_at) WHERE state = 0 AND kind NOT IN (3, 5, 6);
CREATE INDEX deliveries_by_domain ON deliveries (left(domain, 200), due_at) WHERE state = 0 AND kind NOT IN (3, 5, 6);
CREATE INDEX filings_due ON deliveries (due_at) WHERE state = 0 AND kind = 6;
CREATE INDEX filings_by_domain ON deliveries (left(domain, 200), due_at) WHERE state = 0 AND kind = 6;
