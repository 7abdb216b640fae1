-- Clients that people manage, who changed what, flows checked out, and interactions that no route brought.

ALTER TABLE clients ADD COLUMN description TEXT NOT NULL DEFAULT '';
-- How long its tokens last; NULL is the server's own time.
ALTER TABLE clients ADD COLUMN token_seconds INTEGER;
ALTER TABLE clients ADD COLUMN created_by TEXT NOT NULL DEFAULT '';
ALTER TABLE clients ADD COLUMN modified_at INTEGER NOT NULL DEFAULT 0;
UPDATE clients SET modified_at = created_at;

-- Identifiers are UUIDs version 7: the newest entries are last. `before` and `after` are JSON objects; NULL is "there was none".
CREATE TABLE audit (
    id BLOB PRIMARY KEY,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    entity_kind TEXT NOT NULL,
    entity_id TEXT NOT NULL,
    entity_name TEXT NOT NULL,
    note TEXT,
    before TEXT,
    after TEXT
) WITHOUT ROWID;
CREATE INDEX audit_by_entity ON audit (entity_id, id);

-- The client that holds the flow, since when, and the newest version at that time; NULL while nobody does.
ALTER TABLE flows ADD COLUMN locked_by TEXT;
ALTER TABLE flows ADD COLUMN locked_at INTEGER;
ALTER TABLE flows ADD COLUMN locked_base INTEGER;

-- What was said of an interaction besides its mail: target, skills, language, attributes; NULL for all that SMTP brings.
ALTER TABLE interactions ADD COLUMN opening TEXT;
