-- Terms: names that others use, such as skills. `kind` is the word for one, `extra` is JSON.
CREATE TABLE terms (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    name text NOT NULL,
    folded_name text NOT NULL,
    extra text NOT NULL,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    modified_at timestamptz NOT NULL
);
