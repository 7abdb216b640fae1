-- Which project last applied an object: `kind` and `object` as the API names them.
CREATE TABLE applied (
    kind text NOT NULL,
    object text NOT NULL,
    project text NOT NULL,
    PRIMARY KEY (kind, object)
);
