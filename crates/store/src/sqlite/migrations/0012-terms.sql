-- Terms: names that others use, such as skills. `kind` is the word for one, `extra` is JSON.
CREATE TABLE terms (
    id BLOB PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    folded_name TEXT NOT NULL,
    extra TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    seal INTEGER
) WITHOUT ROWID;

CREATE TRIGGER terms_made AFTER INSERT ON terms BEGIN
    UPDATE terms SET seal = seal(
        NEW.id, NEW.kind, NEW.name, NEW.folded_name, NEW.extra, NEW.revision, NEW.created_at, NEW.modified_at
    ) WHERE id = NEW.id;
END;
CREATE TRIGGER terms_sealed AFTER UPDATE OF
    id, kind, name, folded_name, extra, revision, created_at, modified_at
ON terms BEGIN
    UPDATE terms SET seal = CASE WHEN OLD.seal IS NULL OR OLD.seal = seal(
        OLD.id, OLD.kind, OLD.name, OLD.folded_name, OLD.extra, OLD.revision, OLD.created_at, OLD.modified_at
    ) THEN seal(
        NEW.id, NEW.kind, NEW.name, NEW.folded_name, NEW.extra, NEW.revision, NEW.created_at, NEW.modified_at
    ) ELSE OLD.seal END WHERE id = NEW.id;
END;
