-- Data tables and schedules.

-- `schema` is JSON. A table that was deleted stays until its rows are swept.
CREATE TABLE data_tables (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    folded_name text NOT NULL,
    description text NOT NULL,
    schema text NOT NULL,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    modified_at timestamptz NOT NULL,
    deleted boolean NOT NULL
);

CREATE TABLE schedules (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    folded_name text NOT NULL,
    description text NOT NULL,
    definition text NOT NULL,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    modified_at timestamptz NOT NULL
);

-- A table's rows as a whole. While the next version is written, `import` holds the right to do so and `import_until` when it ends;
-- `undoing` is true while what was written is taken back, from the last key down to below `undo_below` so far.
CREATE TABLE table_contents (
    table_id uuid PRIMARY KEY,
    version bigint NOT NULL,
    oldest bigint NOT NULL,
    row_count bigint NOT NULL,
    import uuid,
    import_until timestamptz,
    undoing boolean NOT NULL,
    undo_below text COLLATE "C"
);

-- A row is there from version `since` on and before version `until`; NULL is for ever. Versions beyond the newest are those of an import
-- that has not ended: nobody sees them.
CREATE TABLE table_rows (
    table_id uuid NOT NULL,
    folded text COLLATE "C" NOT NULL,
    since bigint NOT NULL,
    until bigint,
    key text NOT NULL,
    content text NOT NULL,
    PRIMARY KEY (table_id, folded, since)
);
CREATE INDEX table_rows_ended ON table_rows (table_id, until) WHERE until IS NOT NULL;

CREATE TABLE table_versions (
    table_id uuid NOT NULL,
    version bigint NOT NULL,
    at timestamptz NOT NULL,
    by text NOT NULL,
    note text,
    added bigint NOT NULL,
    changed bigint NOT NULL,
    removed bigint NOT NULL,
    same bigint NOT NULL,
    PRIMARY KEY (table_id, version)
);
