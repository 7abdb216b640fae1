-- Data actions. `definition` is JSON; it names secrets and holds none.
CREATE TABLE data_actions (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    folded_name text NOT NULL,
    definition text NOT NULL,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    modified_at timestamptz NOT NULL
);
