-- Versions as they were written. `revision` counts the texts of all versions of a flow.
CREATE TABLE version_texts (
    flow_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    written TEXT NOT NULL,
    seal INTEGER,
    UNIQUE (flow_id, version)
);

CREATE TRIGGER version_texts_made AFTER INSERT ON version_texts BEGIN
    UPDATE version_texts SET seal = seal(NEW.flow_id, NEW.version, NEW.revision, NEW.written)
    WHERE flow_id = NEW.flow_id AND version = NEW.version;
END;
CREATE TRIGGER version_texts_sealed AFTER UPDATE OF flow_id, version, revision, written ON version_texts BEGIN
    UPDATE version_texts SET seal = CASE
        WHEN OLD.seal IS NULL OR OLD.seal = seal(OLD.flow_id, OLD.version, OLD.revision, OLD.written)
        THEN seal(NEW.flow_id, NEW.version, NEW.revision, NEW.written) ELSE OLD.seal END
    WHERE flow_id = NEW.flow_id AND version = NEW.version;
END;

-- Where the nodes of a flow are drawn, as a JSON object by their ids.
CREATE TABLE node_positions (
    flow_id BLOB PRIMARY KEY,
    positions TEXT NOT NULL,
    seal INTEGER
);

CREATE TRIGGER node_positions_made AFTER INSERT ON node_positions BEGIN
    UPDATE node_positions SET seal = seal(NEW.flow_id, NEW.positions) WHERE flow_id = NEW.flow_id;
END;
CREATE TRIGGER node_positions_sealed AFTER UPDATE OF flow_id, positions ON node_positions BEGIN
    UPDATE node_positions SET seal = CASE WHEN OLD.seal IS NULL OR OLD.seal = seal(OLD.flow_id, OLD.positions)
    THEN seal(NEW.flow_id, NEW.positions) ELSE OLD.seal END WHERE flow_id = NEW.flow_id;
END;
