-- Webhooks and secrets. `secret`, `previous` and `value` are encrypted by a key that the database does not hold; `hosts` is JSON.
CREATE TABLE webhooks (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    folded_name text NOT NULL,
    url text NOT NULL,
    enabled boolean NOT NULL,
    secret bytea NOT NULL,
    previous bytea,
    previous_until timestamptz,
    rotated_at timestamptz NOT NULL,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    modified_at timestamptz NOT NULL
);

CREATE TABLE secrets (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    folded_name text NOT NULL,
    hosts text NOT NULL,
    value bytea NOT NULL,
    set_at timestamptz NOT NULL,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    modified_at timestamptz NOT NULL
);

-- Mail and requests to webhooks (kind 3) are claimed apart: a backlog of one is not in the way of the other.
DROP INDEX deliveries_due;
DROP INDEX deliveries_by_domain;
CREATE INDEX deliveries_due ON deliveries (due_at) WHERE state = 0 AND kind <> 3;
CREATE INDEX deliveries_by_domain ON deliveries (left(domain, 200), due_at) WHERE state = 0 AND kind <> 3;
CREATE INDEX requests_due ON deliveries (due_at) WHERE state = 0 AND kind = 3;
CREATE INDEX requests_by_domain ON deliveries (left(domain, 200), due_at) WHERE state = 0 AND kind = 3;
