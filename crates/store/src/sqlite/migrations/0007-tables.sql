-- Data tables and schedules.

-- `schema` is JSON. A table that was deleted stays until its rows are swept: 0 is one that stands.
CREATE TABLE data_tables (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    folded_name TEXT NOT NULL,
    description TEXT NOT NULL,
    schema TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    modified_at INTEGER NOT NULL,
    deleted INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE schedules (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    folded_name TEXT NOT NULL,
    description TEXT NOT NULL,
    definition TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    modified_at INTEGER NOT NULL
) WITHOUT ROWID;

-- A table's rows as a whole. While the next version is written, `import` holds the right to do so and `import_until` when it ends;
-- `undoing` is 1 while what was written is taken back, from the last key down to below `undo_below` so far.
CREATE TABLE table_contents (
    table_id BLOB PRIMARY KEY,
    version INTEGER NOT NULL,
    oldest INTEGER NOT NULL,
    row_count INTEGER NOT NULL,
    import BLOB,
    import_until INTEGER,
    undoing INTEGER NOT NULL,
    undo_below TEXT
) WITHOUT ROWID;

-- A row is there from version `since` on and before version `until`; NULL is for ever. Versions beyond the newest are those of an import
-- that has not ended: nobody sees them.
CREATE TABLE table_rows (
    table_id BLOB NOT NULL,
    folded TEXT NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER,
    key TEXT NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (table_id, folded, since)
) WITHOUT ROWID;
CREATE INDEX table_rows_ended ON table_rows (table_id, until) WHERE until IS NOT NULL;

CREATE TABLE table_versions (
    table_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    at INTEGER NOT NULL,
    by TEXT NOT NULL,
    note TEXT,
    added INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    removed INTEGER NOT NULL,
    same INTEGER NOT NULL,
    PRIMARY KEY (table_id, version)
) WITHOUT ROWID;
