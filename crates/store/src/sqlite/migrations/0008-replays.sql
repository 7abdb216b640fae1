-- Replays. `state` is 0 open, 1 done, 2 failed; `request`, `progress` and `report` are JSON.
CREATE TABLE replays (
    id BLOB PRIMARY KEY,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    request TEXT NOT NULL,
    state INTEGER NOT NULL,
    starts INTEGER NOT NULL,
    progress TEXT NOT NULL,
    report TEXT,
    lease BLOB,
    lease_until INTEGER
);
CREATE INDEX replays_open ON replays (id) WHERE state = 0;

-- What differs. It goes with the interaction's content.
CREATE TABLE replay_changes (
    replay BLOB NOT NULL,
    position INTEGER NOT NULL,
    interaction BLOB NOT NULL,
    entry TEXT NOT NULL,
    traces TEXT NOT NULL,
    PRIMARY KEY (replay, position)
) WITHOUT ROWID;
CREATE INDEX replay_changes_interaction ON replay_changes (interaction);
