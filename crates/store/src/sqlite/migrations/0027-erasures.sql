-- Senders that a mail names besides its envelope sender, folded: what is kept of a person is found by them.
CREATE TABLE correspondents (
    address TEXT NOT NULL,
    interaction BLOB NOT NULL,
    PRIMARY KEY (address, interaction)
) WITHOUT ROWID;
CREATE INDEX correspondents_by_interaction ON correspondents (interaction);

-- Erasures of all that is kept of a person. `who` is JSON, and goes when all rows are erased; `state` is 0 open, 1 erased, 2 done.
CREATE TABLE erasures (
    id BLOB PRIMARY KEY,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    digest TEXT NOT NULL,
    who TEXT,
    force INTEGER NOT NULL,
    compact INTEGER NOT NULL,
    state INTEGER NOT NULL,
    after BLOB,
    progress TEXT NOT NULL,
    lease BLOB,
    lease_until INTEGER
) WITHOUT ROWID;
CREATE INDEX erasures_open ON erasures (id) WHERE state < 2;

-- Routes may keep mail for another time than the rest: what is old is found route by route.
DROP INDEX interactions_contents;
DROP INDEX interactions_completed;
CREATE INDEX interactions_contents ON interactions (route, completed_at) WHERE completed_at IS NOT NULL AND NOT erased;
CREATE INDEX interactions_completed ON interactions (route, completed_at) WHERE completed_at IS NOT NULL;
