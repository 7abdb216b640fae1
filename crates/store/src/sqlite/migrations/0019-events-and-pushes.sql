-- What a webhook listens to, as JSON. The table is small: it is made anew, so that the seal covers the column. A damaged row stays damaged.
CREATE TABLE webhooks_next (
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
    events TEXT NOT NULL,
    seal INTEGER
) WITHOUT ROWID;

INSERT INTO webhooks_next SELECT id, name, folded_name, url, enabled, secret, previous, previous_until, rotated_at, revision, created_at, modified_at, '[]',
    CASE WHEN seal IS NULL OR seal = seal(id, name, folded_name, url, enabled, secret, previous, previous_until, rotated_at, revision, created_at, modified_at)
    THEN seal(id, name, folded_name, url, enabled, secret, previous, previous_until, rotated_at, revision, created_at, modified_at, '[]') ELSE seal END FROM webhooks;
DROP TABLE webhooks;
ALTER TABLE webhooks_next RENAME TO webhooks;

CREATE TRIGGER webhooks_made AFTER INSERT ON webhooks BEGIN
    UPDATE webhooks SET seal = seal(
        NEW.id, NEW.name, NEW.folded_name, NEW.url, NEW.enabled, NEW.secret, NEW.previous, NEW.previous_until, NEW.rotated_at, NEW.revision, NEW.created_at, NEW.modified_at, NEW.events
    ) WHERE id = NEW.id;
END;
CREATE TRIGGER webhooks_sealed AFTER UPDATE OF
    id, name, folded_name, url, enabled, secret, previous, previous_until, rotated_at, revision, created_at, modified_at, events
ON webhooks BEGIN
    UPDATE webhooks SET seal = CASE WHEN OLD.seal IS NULL OR OLD.seal = seal(
        OLD.id, OLD.name, OLD.folded_name, OLD.url, OLD.enabled, OLD.secret, OLD.previous, OLD.previous_until, OLD.rotated_at, OLD.revision, OLD.created_at, OLD.modified_at, OLD.events
    ) THEN seal(
        NEW.id, NEW.name, NEW.folded_name, NEW.url, NEW.enabled, NEW.secret, NEW.previous, NEW.previous_until, NEW.rotated_at, NEW.revision, NEW.created_at, NEW.modified_at, NEW.events
    ) ELSE OLD.seal END WHERE id = NEW.id;
END;

-- What a queue pushes is of kind 4 if it goes out as mail, and of kind 5 if it goes to a webhook.
DROP INDEX deliveries_due;
DROP INDEX deliveries_by_domain;
DROP INDEX requests_due;
DROP INDEX requests_by_domain;
CREATE INDEX deliveries_due ON deliveries (due_at, domain) WHERE state = 0 AND kind NOT IN (3, 5);
CREATE INDEX deliveries_by_domain ON deliveries (domain, due_at) WHERE state = 0 AND kind NOT IN (3, 5);
CREATE INDEX requests_due ON deliveries (due_at, domain) WHERE state = 0 AND kind IN (3, 5);
CREATE INDEX requests_by_domain ON deliveries (domain, due_at) WHERE state = 0 AND kind IN (3, 5);
