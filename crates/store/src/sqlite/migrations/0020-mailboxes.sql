-- Mailboxes, who watches them, and what was taken from them, which is kept for as long as the mailbox is. `settings` and `health` are JSON;
-- `token` is encrypted by a key that the database does not hold.
CREATE TABLE mailboxes (
    id BLOB NOT NULL,
    name TEXT NOT NULL,
    folded_name TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    settings TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    seal INTEGER,
    PRIMARY KEY (id)
) WITHOUT ROWID;

CREATE TRIGGER mailboxes_made AFTER INSERT ON mailboxes BEGIN
    UPDATE mailboxes SET seal = seal(
        NEW.id, NEW.name, NEW.folded_name, NEW.enabled, NEW.settings, NEW.revision, NEW.created_at, NEW.modified_at
    ) WHERE id = NEW.id;
END;
CREATE TRIGGER mailboxes_sealed AFTER UPDATE OF
    id, name, folded_name, enabled, settings, revision, created_at, modified_at
ON mailboxes BEGIN
    UPDATE mailboxes SET seal = CASE WHEN OLD.seal IS NULL OR OLD.seal = seal(
        OLD.id, OLD.name, OLD.folded_name, OLD.enabled, OLD.settings, OLD.revision, OLD.created_at, OLD.modified_at
    ) THEN seal(
        NEW.id, NEW.name, NEW.folded_name, NEW.enabled, NEW.settings, NEW.revision, NEW.created_at, NEW.modified_at
    ) ELSE OLD.seal END WHERE id = NEW.id;
END;

CREATE TABLE mailbox_watches (
    mailbox BLOB NOT NULL,
    lease BLOB,
    lease_until INTEGER,
    health TEXT NOT NULL,
    token BLOB,
    seal INTEGER,
    PRIMARY KEY (mailbox)
) WITHOUT ROWID;

CREATE TRIGGER mailbox_watches_made AFTER INSERT ON mailbox_watches BEGIN
    UPDATE mailbox_watches SET seal = seal(
        NEW.mailbox, NEW.lease, NEW.lease_until, NEW.health, NEW.token
    ) WHERE mailbox = NEW.mailbox;
END;
CREATE TRIGGER mailbox_watches_sealed AFTER UPDATE OF
    mailbox, lease, lease_until, health, token
ON mailbox_watches BEGIN
    UPDATE mailbox_watches SET seal = CASE WHEN OLD.seal IS NULL OR OLD.seal = seal(
        OLD.mailbox, OLD.lease, OLD.lease_until, OLD.health, OLD.token
    ) THEN seal(
        NEW.mailbox, NEW.lease, NEW.lease_until, NEW.health, NEW.token
    ) ELSE OLD.seal END WHERE mailbox = NEW.mailbox;
END;

CREATE TABLE mailbox_folders (
    mailbox BLOB NOT NULL,
    folder TEXT NOT NULL,
    uid_validity INTEGER NOT NULL,
    next_uid INTEGER NOT NULL,
    all_from INTEGER NOT NULL,
    before TEXT NOT NULL,
    attached_at INTEGER NOT NULL,
    looked_at INTEGER NOT NULL,
    seal INTEGER,
    PRIMARY KEY (mailbox, folder)
) WITHOUT ROWID;

CREATE TRIGGER mailbox_folders_made AFTER INSERT ON mailbox_folders BEGIN
    UPDATE mailbox_folders SET seal = seal(
        NEW.mailbox, NEW.folder, NEW.uid_validity, NEW.next_uid, NEW.all_from, NEW.before, NEW.attached_at, NEW.looked_at
    ) WHERE mailbox = NEW.mailbox AND folder = NEW.folder;
END;
CREATE TRIGGER mailbox_folders_sealed AFTER UPDATE OF
    mailbox, folder, uid_validity, next_uid, all_from, before, attached_at, looked_at
ON mailbox_folders BEGIN
    UPDATE mailbox_folders SET seal = CASE WHEN OLD.seal IS NULL OR OLD.seal = seal(
        OLD.mailbox, OLD.folder, OLD.uid_validity, OLD.next_uid, OLD.all_from, OLD.before, OLD.attached_at, OLD.looked_at
    ) THEN seal(
        NEW.mailbox, NEW.folder, NEW.uid_validity, NEW.next_uid, NEW.all_from, NEW.before, NEW.attached_at, NEW.looked_at
    ) ELSE OLD.seal END WHERE mailbox = NEW.mailbox AND folder = NEW.folder;
END;

CREATE TABLE mailbox_taken (
    mailbox BLOB NOT NULL,
    folder TEXT NOT NULL,
    uid_validity INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    state INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    content_hash BLOB,
    why TEXT,
    at INTEGER NOT NULL,
    seal INTEGER,
    PRIMARY KEY (mailbox, folder, uid_validity, uid)
) WITHOUT ROWID;

CREATE TRIGGER mailbox_taken_made AFTER INSERT ON mailbox_taken BEGIN
    UPDATE mailbox_taken SET seal = seal(
        NEW.mailbox, NEW.folder, NEW.uid_validity, NEW.uid, NEW.state, NEW.attempts, NEW.content_hash, NEW.why, NEW.at
    ) WHERE mailbox = NEW.mailbox AND folder = NEW.folder AND uid_validity = NEW.uid_validity AND uid = NEW.uid;
END;
CREATE TRIGGER mailbox_taken_sealed AFTER UPDATE OF
    mailbox, folder, uid_validity, uid, state, attempts, content_hash, why, at
ON mailbox_taken BEGIN
    UPDATE mailbox_taken SET seal = CASE WHEN OLD.seal IS NULL OR OLD.seal = seal(
        OLD.mailbox, OLD.folder, OLD.uid_validity, OLD.uid, OLD.state, OLD.attempts, OLD.content_hash, OLD.why, OLD.at
    ) THEN seal(
        NEW.mailbox, NEW.folder, NEW.uid_validity, NEW.uid, NEW.state, NEW.attempts, NEW.content_hash, NEW.why, NEW.at
    ) ELSE OLD.seal END WHERE mailbox = NEW.mailbox AND folder = NEW.folder AND uid_validity = NEW.uid_validity AND uid = NEW.uid;
END;

-- Taken and not yet marked, moved or deleted (state 0); set aside (state 2); what is known by its content when UIDs are others.
CREATE INDEX mailbox_unfinished ON mailbox_taken (mailbox, folder, uid_validity, uid) WHERE state = 0;
CREATE INDEX mailbox_set_aside ON mailbox_taken (mailbox, at) WHERE state = 2;
CREATE INDEX mailbox_contents ON mailbox_taken (mailbox, content_hash) WHERE content_hash IS NOT NULL;
