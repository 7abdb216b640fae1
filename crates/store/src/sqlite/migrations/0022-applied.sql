-- Which project last applied an object: `kind` and `object` as the API names them.
CREATE TABLE applied (
    kind TEXT NOT NULL,
    object TEXT NOT NULL,
    project TEXT NOT NULL,
    seal INTEGER,
    PRIMARY KEY (kind, object)
) WITHOUT ROWID;

CREATE TRIGGER applied_made AFTER INSERT ON applied BEGIN
    UPDATE applied SET seal = seal(NEW.kind, NEW.object, NEW.project) WHERE kind = NEW.kind AND object = NEW.object;
END;
CREATE TRIGGER applied_sealed AFTER UPDATE OF kind, object, project ON applied BEGIN
    UPDATE applied SET seal = CASE WHEN OLD.seal IS NULL OR OLD.seal = seal(OLD.kind, OLD.object, OLD.project)
    THEN seal(NEW.kind, NEW.object, NEW.project) ELSE OLD.seal END WHERE kind = NEW.kind AND object = NEW.object;
END;
