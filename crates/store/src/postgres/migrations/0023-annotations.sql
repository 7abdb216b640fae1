-- Versions as they were written. `revision` counts the texts of all versions of a flow. Bytes: a text may have what PostgreSQL's `text` can't.
CREATE TABLE version_texts (
    flow_id uuid NOT NULL,
    version bigint NOT NULL,
    revision bigint NOT NULL,
    written bytea NOT NULL,
    PRIMARY KEY (flow_id, version)
);

-- Where the nodes of a flow are drawn, as a JSON object by their ids.
CREATE TABLE node_positions (
    flow_id uuid PRIMARY KEY,
    positions text NOT NULL
);
