-- Sessions of the console, and links that begin one, are tokens that are good for nothing else. The column stands before the seal, which
-- covers it: the table is made anew.
ALTER TABLE tokens RENAME TO tokens_before;
DROP TRIGGER tokens_made;
DROP INDEX tokens_by_client;
DROP INDEX tokens_by_end;
CREATE TABLE tokens (
    hash BLOB PRIMARY KEY,
    client_id TEXT NOT NULL,
    scopes TEXT NOT NULL,
    issued_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    -- bearer, session or link.
    used_as TEXT NOT NULL,
    seal INTEGER
) WITHOUT ROWID;
CREATE INDEX tokens_by_client ON tokens (client_id);
CREATE INDEX tokens_by_end ON tokens (expires_at);
CREATE TRIGGER tokens_made AFTER INSERT ON tokens BEGIN
    UPDATE tokens SET seal = seal(
        NEW.hash, NEW.client_id, NEW.scopes, NEW.issued_at, NEW.expires_at, NEW.used_as
    ) WHERE hash = NEW.hash;
END;
-- What is damaged is not carried over: its client asks for another.
INSERT INTO tokens (hash, client_id, scopes, issued_at, expires_at, used_as)
    SELECT hash, client_id, scopes, issued_at, expires_at, 'bearer' FROM tokens_before
    WHERE seal IS NULL OR seal = seal(hash, client_id, scopes, issued_at, expires_at);
DROP TABLE tokens_before;
