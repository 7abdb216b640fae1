-- Data actions. `definition` is JSON; it names secrets and holds none.
CREATE TABLE data_actions (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    folded_name TEXT NOT NULL,
    definition TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    seal INTEGER
) WITHOUT ROWID;

CREATE TRIGGER data_actions_made AFTER INSERT ON data_actions BEGIN
    UPDATE data_actions SET seal = seal(
        NEW.id, NEW.name, NEW.folded_name, NEW.definition, NEW.revision, NEW.created_at, NEW.modified_at
    ) WHERE id = NEW.id;
END;
CREATE TRIGGER data_actions_sealed AFTER UPDATE OF
    id, name, folded_name, definition, revision, created_at, modified_at
ON data_actions BEGIN
    UPDATE data_actions SET seal = CASE WHEN OLD.seal IS NULL OR OLD.seal = seal(
        OLD.id, OLD.name, OLD.folded_name, OLD.definition, OLD.revision, OLD.created_at, OLD.modified_at
    ) THEN seal(
        NEW.id, NEW.name, NEW.folded_name, NEW.definition, NEW.revision, NEW.created_at, NEW.modified_at
    ) ELSE OLD.seal END WHERE id = NEW.id;
END;
