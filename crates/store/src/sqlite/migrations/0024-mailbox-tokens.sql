-- Tokens of mailboxes and of their submission servers, and who fetches them: any node may, one at a time. `tokens` is encrypted by a key that the
-- database does not hold. They were kept with the watch before.
CREATE TABLE mailbox_tokens (
    mailbox BLOB NOT NULL,
    used_for INTEGER NOT NULL,
    lease BLOB,
    lease_until INTEGER,
    tokens BLOB,
    seal INTEGER,
    PRIMARY KEY (mailbox, used_for)
) WITHOUT ROWID;

CREATE TRIGGER mailbox_tokens_made AFTER INSERT ON mailbox_tokens BEGIN
    UPDATE mailbox_tokens SET seal = seal(
        NEW.mailbox, NEW.used_for, NEW.lease, NEW.lease_until, NEW.tokens
    ) WHERE mailbox = NEW.mailbox AND used_for = NEW.used_for;
END;
CREATE TRIGGER mailbox_tokens_sealed AFTER UPDATE OF
    mailbox, used_for, lease, lease_until, tokens
ON mailbox_tokens BEGIN
    UPDATE mailbox_tokens SET seal = CASE WHEN OLD.seal IS NULL OR OLD.seal = seal(
        OLD.mailbox, OLD.used_for, OLD.lease, OLD.lease_until, OLD.tokens
    ) THEN seal(
        NEW.mailbox, NEW.used_for, NEW.lease, NEW.lease_until, NEW.tokens
    ) ELSE OLD.seal END WHERE mailbox = NEW.mailbox AND used_for = NEW.used_for;
END;

-- What is damaged is not carried over: its first token is used again, or access is given again.
INSERT INTO mailbox_tokens (mailbox, used_for, tokens)
    SELECT mailbox, 0, token FROM mailbox_watches
    WHERE token IS NOT NULL AND (seal IS NULL OR seal = seal(mailbox, lease, lease_until, health, token));

-- The column stands before the seal, which covers it: the table is made anew. Who watches says so again within seconds.
DROP TRIGGER mailbox_watches_made;
DROP TRIGGER mailbox_watches_sealed;
ALTER TABLE mailbox_watches RENAME TO mailbox_watches_before;
CREATE TABLE mailbox_watches (
    mailbox BLOB NOT NULL,
    lease BLOB,
    lease_until INTEGER,
    health TEXT NOT NULL,
    seal INTEGER,
    PRIMARY KEY (mailbox)
) WITHOUT ROWID;
CREATE TRIGGER mailbox_watches_made AFTER INSERT ON mailbox_watches BEGIN
    UPDATE mailbox_watches SET seal = seal(
        NEW.mailbox, NEW.lease, NEW.lease_until, NEW.health
    ) WHERE mailbox = NEW.mailbox;
END;
CREATE TRIGGER mailbox_watches_sealed AFTER UPDATE OF
    mailbox, lease, lease_until, health
ON mailbox_watches BEGIN
    UPDATE mailbox_watches SET seal = CASE WHEN OLD.seal IS NULL OR OLD.seal = seal(
        OLD.mailbox, OLD.lease, OLD.lease_until, OLD.health
    ) THEN seal(
        NEW.mailbox, NEW.lease, NEW.lease_until, NEW.health
    ) ELSE OLD.seal END WHERE mailbox = NEW.mailbox;
END;
INSERT INTO mailbox_watches (mailbox, lease, lease_until, health)
    SELECT mailbox, lease, lease_until, health FROM mailbox_watches_before
    WHERE seal IS NULL OR seal = seal(mailbox, lease, lease_until, health, token);
DROP TABLE mailbox_watches_before;

-- Attempts that failed and are made again: messages that were set aside, and somebody has tried again.
CREATE INDEX mailbox_open ON mailbox_taken (mailbox, folder, uid_validity, uid) WHERE state = 3;

-- What a queue pushes is of kind 6 if it goes into a folder of a mailbox.
DROP INDEX deliveries_due;
DROP INDEX deliveries_by_domain;
CREATE INDEX deliveries_due ON deliveries (due_at, domain) WHERE state = 0 AND kind NOT IN (3, 5, 6);
CREATE INDEX deliveries_by_domain ON deliveries (domain, due_at) WHERE state = 0 AND kind NOT IN (3, 5, 6);
CREATE INDEX filings_due ON deliveries (due_at, domain) WHERE state = 0 AND kind = 6;
CREATE INDEX filings_by_domain ON deliveries (domain, due_at) WHERE state = 0 AND kind = 6;
