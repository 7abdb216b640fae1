-- Webhooks and secrets. `secret`, `previous` and `value` are encrypted by a key that the database does not hold; `hosts` is JSON.
CREATE TABLE webhooks (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    folded_name TEXT NOT NULL,
    url TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    secret BLOB NOT NULL,
    previous BLOB,
    previous_until INTEGER,
    rotated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    seal INTEGER
) WITHOUT ROWID;

CREATE TRIGGER webhooks_made AFTER INSERT ON webhooks BEGIN
    UPDATE webhooks SET seal = seal(
        NEW.id, NEW.name, NEW.folded_name, NEW.url, NEW.enabled, NEW.secret, NEW.previous, NEW.previous_until, NEW.rotated_at, NEW.revision, NEW.created_at, NEW.modified_at
    ) WHERE id = NEW.id;
END;
CREATE TRIGGER webhooks_sealed AFTER UPDATE OF
    id, name, folded_name, url, enabled, secret, previous, previous_until, rotated_at, revision, created_at, modified_at
ON webhooks BEGIN
    UPDATE webhooks SET seal = CASE WHEN OLD.seal IS NULL OR OLD.seal = seal(
        OLD.id, OLD.name, OLD.folded_name, OLD.url, OLD.enabled, OLD.secret, OLD.previous, OLD.previous_until, OLD.rotated_at, OLD.revision, OLD.created_at, OLD.modified_at
    ) THEN seal(
        NEW.id, NEW.name, NEW.folded_name, NEW.url, NEW.enabled, NEW.secret, NEW.previous, NEW.previous_until, NEW.rotated_at, NEW.revision, NEW.created_at, NEW.modified_at
    ) ELSE OLD.seal END WHERE id = NEW.id;
END;

CREATE TABLE secrets (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    folded_name TEXT NOT NULL,
    hosts TEXT NOT NULL,
    value BLOB NOT NULL,
    set_at INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    seal INTEGER
) WITHOUT ROWID;

CREATE TRIGGER secrets_made AFTER INSERT ON secrets BEGIN
    UPDATE secrets SET seal = seal(
        NEW.id, NEW.name, NEW.folded_name, NEW.hosts, NEW.value, NEW.set_at, NEW.revision, NEW.created_at, NEW.modified_at
    ) WHERE id = NEW.id;
END;
CREATE TRIGGER secrets_sealed AFTER UPDATE OF
    id, name, folded_name, hosts, value, set_at, revision, created_at, modified_at
ON secrets BEGIN
    UPDATE secrets SET seal = CASE WHEN OLD.seal IS NULL OR OLD.seal = seal(
        OLD.id, OLD.name, OLD.folded_name, OLD.hosts, OLD.value, OLD.set_at, OLD.revision, OLD.created_at, OLD.modified_at
    ) THEN seal(
        NEW.id, NEW.name, NEW.folded_name, NEW.hosts, NEW.value, NEW.set_at, NEW.revision, NEW.created_at, NEW.modified_at
    ) ELSE OLD.seal END WHERE id = NEW.id;
END;

-- Mail and requests to webhooks (kind 3) are claimed apart: a backlog of one is not in the way of the other.
DROP INDEX deliveries_due;
DROP INDEX deliveries_by_domain;
CREATE INDEX deliveries_due ON deliveries (due_at, domain) WHERE state = 0 AND kind <> 3;
CREATE INDEX deliveries_by_domain ON deliveries (domain, due_at) WHERE state = 0 AND kind <> 3;
CREATE INDEX requests_due ON deliveries (due_at, domain) WHERE state = 0 AND kind = 3;
CREATE INDEX requests_by_domain ON deliveries (domain, due_at) WHERE state = 0 AND kind = 3;
