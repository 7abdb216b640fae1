-- Senders that a mail names besides its envelope sender, folded: what is kept of a person is found by them.
CREATE TABLE correspondents (
    address text NOT NULL,
    interaction uuid NOT NULL,
    PRIMARY KEY (address, interaction)
);
CREATE INDEX correspondents_by_interaction ON correspondents (interaction);

-- Erasures of all that is kept of a person. `who` is JSON, and goes when all rows are erased; `state` is 0 open, 1 erased, 2 done.
CREATE TABLE erasures (
    id uuid PRIMARY KEY,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    digest text NOT NULL,
    who text,
    force boolean NOT NULL,
    compact boolean NOT NULL,
    state bigint NOT NULL,
    after uuid,
    progress text NOT NULL,
    lease uuid,
    lease_until timestamptz
);
CREATE INDEX erasures_open ON erasures (id) WHERE state < 2;

-- Routes may keep mail for another time than the rest: what is old is found route by route.
DROP INDEX interactions_contents;
DROP INDEX interactions_completed;
CREATE INDEX interactions_contents ON interactions (route, completed_at) WHERE completed_at IS NOT NULL AND NOT erased;
CREATE INDEX interactions_completed ON interactions (route, completed_at) WHERE completed_at IS NOT NULL;
