-- Damage is seen: rows carry checksums, and the store its name and how often it was committed.

-- CRC-32 of the raw message. It stands here and not with the message, so that one message is not taken for another. NULL: kept by an
-- earlier release.
ALTER TABLE interactions ADD COLUMN message_sum INTEGER;

-- `seal` covers the columns listed in the trigger. It is `seal(...)` of the connection that writes; NULL: kept by an earlier release.
ALTER TABLE interactions ADD COLUMN seal INTEGER;
ALTER TABLE runs ADD COLUMN seal INTEGER;

-- A row that was damaged before it is changed does not look sound afterwards.
CREATE TRIGGER interactions_sealed AFTER UPDATE OF
    id, state, received_at, message, message_sum, route, flow_id, flow_version, decision, queue, priority, initial_priority,
    runs, duplicates, erased, possible_duplicate_of, lease, lease_until, rerun_by, message_id, envelope_from, envelope_to,
    remote, subject, skills, attributes, attributes_set, decision_more, opening, completed_at
ON interactions BEGIN
    UPDATE interactions SET seal = CASE WHEN OLD.seal IS NULL OR OLD.seal = seal(
        OLD.id, OLD.state, OLD.received_at, OLD.message, OLD.message_sum, OLD.route, OLD.flow_id, OLD.flow_version,
        OLD.decision, OLD.queue, OLD.priority, OLD.initial_priority, OLD.runs, OLD.duplicates, OLD.erased,
        OLD.possible_duplicate_of, OLD.lease, OLD.lease_until, OLD.rerun_by, OLD.message_id, OLD.envelope_from,
        OLD.envelope_to, OLD.remote, OLD.subject, OLD.skills, OLD.attributes, OLD.attributes_set, OLD.decision_more,
        OLD.opening, OLD.completed_at
    ) THEN seal(
        NEW.id, NEW.state, NEW.received_at, NEW.message, NEW.message_sum, NEW.route, NEW.flow_id, NEW.flow_version,
        NEW.decision, NEW.queue, NEW.priority, NEW.initial_priority, NEW.runs, NEW.duplicates, NEW.erased,
        NEW.possible_duplicate_of, NEW.lease, NEW.lease_until, NEW.rerun_by, NEW.message_id, NEW.envelope_from,
        NEW.envelope_to, NEW.remote, NEW.subject, NEW.skills, NEW.attributes, NEW.attributes_set, NEW.decision_more,
        NEW.opening, NEW.completed_at
    ) ELSE OLD.seal END WHERE id = NEW.id;
END;

-- Runs change when their content is erased, and never otherwise.
CREATE TRIGGER runs_sealed AFTER UPDATE OF trace ON runs BEGIN
    UPDATE runs SET seal = seal(
        NEW.interaction, NEW.number, NEW.flow_id, NEW.flow_version, NEW.started_at, NEW.duration_us, NEW.rerun_by,
        NEW.decision, NEW.queue, NEW.priority, NEW.skills, NEW.decision_more, NEW.attributes, NEW.trace
    ) WHERE interaction = NEW.interaction AND number = NEW.number;
END;

-- Elsewhere a seal covers the columns before it. Of a table's rows it is written with them, and covers folded, key, content.
ALTER TABLE table_rows ADD COLUMN seal INTEGER;

ALTER TABLE flows ADD COLUMN seal INTEGER;
CREATE TRIGGER flows_made AFTER INSERT ON flows BEGIN
    UPDATE flows SET seal = seal(
        NEW.id, NEW.name, NEW.folded_name, NEW.shared, NEW.type_as_written, NEW.description, NEW.published, NEW.newest,
        NEW.revision, NEW.created_at, NEW.created_by, NEW.modified_at, NEW.deleted_at, NEW.labels, NEW.deprecated,
        NEW.locked_by, NEW.locked_at, NEW.locked_base
    ) WHERE id = NEW.id;
END;
CREATE TRIGGER flows_sealed AFTER UPDATE OF
    id, name, folded_name, shared, type_as_written, description, published, newest, revision, created_at, created_by,
    modified_at, deleted_at, labels, deprecated, locked_by, locked_at, locked_base
ON flows BEGIN
    UPDATE flows SET seal = CASE WHEN OLD.seal IS NULL OR OLD.seal = seal(
        OLD.id, OLD.name, OLD.folded_name, OLD.shared, OLD.type_as_written, OLD.description, OLD.published, OLD.newest,
        OLD.revision, OLD.created_at, OLD.created_by, OLD.modified_at, OLD.deleted_at, OLD.labels, OLD.deprecated,
        OLD.locked_by, OLD.locked_at, OLD.locked_base
    ) THEN seal(
        NEW.id, NEW.name, NEW.folded_name, NEW.shared, NEW.type_as_written, NEW.description, NEW.published, NEW.newest,
        NEW.revision, NEW.created_at, NEW.created_by, NEW.modified_at, NEW.deleted_at, NEW.labels, NEW.deprecated,
        NEW.locked_by, NEW.locked_at, NEW.locked_base
    ) ELSE OLD.seal END WHERE id = NEW.id;
END;

ALTER TABLE flow_versions ADD COLUMN seal INTEGER;
CREATE TRIGGER flow_versions_made AFTER INSERT ON flow_versions BEGIN
    UPDATE flow_versions SET seal = seal(
        NEW.flow_id, NEW.version, NEW.hash, NEW.bindings, NEW.created_at, NEW.created_by, NEW.published_at, NEW.content,
        NEW.validation
    ) WHERE flow_id = NEW.flow_id AND version = NEW.version;
END;
CREATE TRIGGER flow_versions_sealed AFTER UPDATE OF
    flow_id, version, hash, bindings, created_at, created_by, published_at, content, validation
ON flow_versions BEGIN
    UPDATE flow_versions SET seal = CASE WHEN OLD.seal IS NULL OR OLD.seal = seal(
        OLD.flow_id, OLD.version, OLD.hash, OLD.bindings, OLD.created_at, OLD.created_by, OLD.published_at, OLD.content,
        OLD.validation
    ) THEN seal(
        NEW.flow_id, NEW.version, NEW.hash, NEW.bindings, NEW.created_at, NEW.created_by, NEW.published_at, NEW.content,
        NEW.validation
    ) ELSE OLD.seal END WHERE flow_id = NEW.flow_id AND version = NEW.version;
END;

ALTER TABLE flow_events ADD COLUMN seal INTEGER;
CREATE TRIGGER flow_events_made AFTER INSERT ON flow_events BEGIN
    UPDATE flow_events SET seal = seal(
        NEW.flow_id, NEW.number, NEW.kind, NEW.version, NEW.label, NEW.targets, NEW.note, NEW.at, NEW."by"
    ) WHERE flow_id = NEW.flow_id AND number = NEW.number;
END;

ALTER TABLE queues ADD COLUMN seal INTEGER;
CREATE TRIGGER queues_made AFTER INSERT ON queues BEGIN
    UPDATE queues SET seal = seal(
        NEW.id, NEW.name, NEW.folded_name, NEW.built_in, NEW.extra, NEW.created_at, NEW.modified_at
    ) WHERE id = NEW.id;
END;
CREATE TRIGGER queues_sealed AFTER UPDATE OF
    id, name, folded_name, built_in, extra, created_at, modified_at
ON queues BEGIN
    UPDATE queues SET seal = CASE WHEN OLD.seal IS NULL OR OLD.seal = seal(
        OLD.id, OLD.name, OLD.folded_name, OLD.built_in, OLD.extra, OLD.created_at, OLD.modified_at
    ) THEN seal(
        NEW.id, NEW.name, NEW.folded_name, NEW.built_in, NEW.extra, NEW.created_at, NEW.modified_at
    ) ELSE OLD.seal END WHERE id = NEW.id;
END;

ALTER TABLE domains ADD COLUMN seal INTEGER;
CREATE TRIGGER domains_made AFTER INSERT ON domains BEGIN
    UPDATE domains SET seal = seal(
        NEW.domain, NEW.extra, NEW.created_at
    ) WHERE domain = NEW.domain;
END;
CREATE TRIGGER domains_sealed AFTER UPDATE OF
    domain, extra, created_at
ON domains BEGIN
    UPDATE domains SET seal = CASE WHEN OLD.seal IS NULL OR OLD.seal = seal(
        OLD.domain, OLD.extra, OLD.created_at
    ) THEN seal(
        NEW.domain, NEW.extra, NEW.created_at
    ) ELSE OLD.seal END WHERE domain = NEW.domain;
END;

ALTER TABLE routes ADD COLUMN seal INTEGER;
CREATE TRIGGER routes_made AFTER INSERT ON routes BEGIN
    UPDATE routes SET seal = seal(
        NEW.id, NEW.domain, NEW.pattern, NEW.target_flow, NEW.target_queue, NEW.unrouted_queue, NEW.priority, NEW.extra,
        NEW.created_at, NEW.modified_at, NEW.deleted
    ) WHERE id = NEW.id;
END;
CREATE TRIGGER routes_sealed AFTER UPDATE OF
    id, domain, pattern, target_flow, target_queue, unrouted_queue, priority, extra, created_at, modified_at, deleted
ON routes BEGIN
    UPDATE routes SET seal = CASE WHEN OLD.seal IS NULL OR OLD.seal = seal(
        OLD.id, OLD.domain, OLD.pattern, OLD.target_flow, OLD.target_queue, OLD.unrouted_queue, OLD.priority, OLD.extra,
        OLD.created_at, OLD.modified_at, OLD.deleted
    ) THEN seal(
        NEW.id, NEW.domain, NEW.pattern, NEW.target_flow, NEW.target_queue, NEW.unrouted_queue, NEW.priority, NEW.extra,
        NEW.created_at, NEW.modified_at, NEW.deleted
    ) ELSE OLD.seal END WHERE id = NEW.id;
END;

ALTER TABLE clients ADD COLUMN seal INTEGER;
CREATE TRIGGER clients_made AFTER INSERT ON clients BEGIN
    UPDATE clients SET seal = seal(
        NEW.id, NEW.name, NEW.secret_hash, NEW.scopes, NEW.created_at, NEW.revoked_at, NEW.description, NEW.token_seconds,
        NEW.created_by, NEW.modified_at, NEW.revision, NEW.configured_hash
    ) WHERE id = NEW.id;
END;
CREATE TRIGGER clients_sealed AFTER UPDATE OF
    id, name, secret_hash, scopes, created_at, revoked_at, description, token_seconds, created_by, modified_at, revision,
    configured_hash
ON clients BEGIN
    UPDATE clients SET seal = CASE WHEN OLD.seal IS NULL OR OLD.seal = seal(
        OLD.id, OLD.name, OLD.secret_hash, OLD.scopes, OLD.created_at, OLD.revoked_at, OLD.description, OLD.token_seconds,
        OLD.created_by, OLD.modified_at, OLD.revision, OLD.configured_hash
    ) THEN seal(
        NEW.id, NEW.name, NEW.secret_hash, NEW.scopes, NEW.created_at, NEW.revoked_at, NEW.description, NEW.token_seconds,
        NEW.created_by, NEW.modified_at, NEW.revision, NEW.configured_hash
    ) ELSE OLD.seal END WHERE id = NEW.id;
END;

ALTER TABLE tokens ADD COLUMN seal INTEGER;
CREATE TRIGGER tokens_made AFTER INSERT ON tokens BEGIN
    UPDATE tokens SET seal = seal(
        NEW.hash, NEW.client_id, NEW.scopes, NEW.issued_at, NEW.expires_at
    ) WHERE hash = NEW.hash;
END;

ALTER TABLE audit ADD COLUMN seal INTEGER;
CREATE TRIGGER audit_made AFTER INSERT ON audit BEGIN
    UPDATE audit SET seal = seal(
        NEW.id, NEW.at, NEW.actor, NEW.action, NEW.entity_kind, NEW.entity_id, NEW.entity_name, NEW.note, NEW."before",
        NEW."after"
    ) WHERE id = NEW.id;
END;

ALTER TABLE data_tables ADD COLUMN seal INTEGER;
CREATE TRIGGER data_tables_made AFTER INSERT ON data_tables BEGIN
    UPDATE data_tables SET seal = seal(
        NEW.id, NEW.name, NEW.folded_name, NEW.description, NEW.schema, NEW.revision, NEW.created_at, NEW.created_by,
        NEW.modified_at, NEW.deleted
    ) WHERE id = NEW.id;
END;
CREATE TRIGGER data_tables_sealed AFTER UPDATE OF
    id, name, folded_name, description, schema, revision, created_at, created_by, modified_at, deleted
ON data_tables BEGIN
    UPDATE data_tables SET seal = CASE WHEN OLD.seal IS NULL OR OLD.seal = seal(
        OLD.id, OLD.name, OLD.folded_name, OLD.description, OLD.schema, OLD.revision, OLD.created_at, OLD.created_by,
        OLD.modified_at, OLD.deleted
    ) THEN seal(
        NEW.id, NEW.name, NEW.folded_name, NEW.description, NEW.schema, NEW.revision, NEW.created_at, NEW.created_by,
        NEW.modified_at, NEW.deleted
    ) ELSE OLD.seal END WHERE id = NEW.id;
END;

ALTER TABLE schedules ADD COLUMN seal INTEGER;
CREATE TRIGGER schedules_made AFTER INSERT ON schedules BEGIN
    UPDATE schedules SET seal = seal(
        NEW.id, NEW.name, NEW.folded_name, NEW.description, NEW.definition, NEW.revision, NEW.created_at, NEW.created_by,
        NEW.modified_at
    ) WHERE id = NEW.id;
END;
CREATE TRIGGER schedules_sealed AFTER UPDATE OF
    id, name, folded_name, description, definition, revision, created_at, created_by, modified_at
ON schedules BEGIN
    UPDATE schedules SET seal = CASE WHEN OLD.seal IS NULL OR OLD.seal = seal(
        OLD.id, OLD.name, OLD.folded_name, OLD.description, OLD.definition, OLD.revision, OLD.created_at, OLD.created_by,
        OLD.modified_at
    ) THEN seal(
        NEW.id, NEW.name, NEW.folded_name, NEW.description, NEW.definition, NEW.revision, NEW.created_at, NEW.created_by,
        NEW.modified_at
    ) ELSE OLD.seal END WHERE id = NEW.id;
END;

ALTER TABLE table_contents ADD COLUMN seal INTEGER;
CREATE TRIGGER table_contents_made AFTER INSERT ON table_contents BEGIN
    UPDATE table_contents SET seal = seal(
        NEW.table_id, NEW.version, NEW.oldest, NEW.row_count, NEW.import, NEW.import_until, NEW.undoing, NEW.undo_below
    ) WHERE table_id = NEW.table_id;
END;
CREATE TRIGGER table_contents_sealed AFTER UPDATE OF
    table_id, version, oldest, row_count, import, import_until, undoing, undo_below
ON table_contents BEGIN
    UPDATE table_contents SET seal = CASE WHEN OLD.seal IS NULL OR OLD.seal = seal(
        OLD.table_id, OLD.version, OLD.oldest, OLD.row_count, OLD.import, OLD.import_until, OLD.undoing, OLD.undo_below
    ) THEN seal(
        NEW.table_id, NEW.version, NEW.oldest, NEW.row_count, NEW.import, NEW.import_until, NEW.undoing, NEW.undo_below
    ) ELSE OLD.seal END WHERE table_id = NEW.table_id;
END;

ALTER TABLE table_versions ADD COLUMN seal INTEGER;
CREATE TRIGGER table_versions_made AFTER INSERT ON table_versions BEGIN
    UPDATE table_versions SET seal = seal(
        NEW.table_id, NEW.version, NEW.at, NEW."by", NEW.note, NEW.added, NEW.changed, NEW.removed, NEW.same
    ) WHERE table_id = NEW.table_id AND version = NEW.version;
END;

ALTER TABLE replays ADD COLUMN seal INTEGER;
CREATE TRIGGER replays_made AFTER INSERT ON replays BEGIN
    UPDATE replays SET seal = seal(
        NEW.id, NEW.created_at, NEW.created_by, NEW.request, NEW.state, NEW.starts, NEW.progress, NEW.report, NEW.lease,
        NEW.lease_until
    ) WHERE id = NEW.id;
END;
CREATE TRIGGER replays_sealed AFTER UPDATE OF
    id, created_at, created_by, request, state, starts, progress, report, lease, lease_until
ON replays BEGIN
    UPDATE replays SET seal = CASE WHEN OLD.seal IS NULL OR OLD.seal = seal(
        OLD.id, OLD.created_at, OLD.created_by, OLD.request, OLD.state, OLD.starts, OLD.progress, OLD.report, OLD.lease,
        OLD.lease_until
    ) THEN seal(
        NEW.id, NEW.created_at, NEW.created_by, NEW.request, NEW.state, NEW.starts, NEW.progress, NEW.report, NEW.lease,
        NEW.lease_until
    ) ELSE OLD.seal END WHERE id = NEW.id;
END;

ALTER TABLE replay_changes ADD COLUMN seal INTEGER;
CREATE TRIGGER replay_changes_made AFTER INSERT ON replay_changes BEGIN
    UPDATE replay_changes SET seal = seal(
        NEW.replay, NEW.position, NEW.interaction, NEW.entry, NEW.traces
    ) WHERE replay = NEW.replay AND position = NEW.position;
END;

-- The store's name, by which its directory knows it again. How often it was committed is counted in `counters` (group 3).
CREATE TABLE identity (only INTEGER PRIMARY KEY CHECK (only = 1), store BLOB NOT NULL);
INSERT INTO identity VALUES (1, randomblob(16));
INSERT INTO counters ("group", member, value) VALUES (3, 0, 0);
