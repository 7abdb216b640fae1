-- Replays. `state` is 0 open, 1 done, 2 failed; `request`, `progress` and `report` are JSON.
CREATE TABLE replays (
    id uuid PRIMARY KEY,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    request text NOT NULL,
    state bigint NOT NULL,
    starts bigint NOT NULL,
    progress text NOT NULL,
    report text,
    lease uuid,
    lease_until timestamptz
);
CREATE INDEX replays_open ON replays (id) WHERE state = 0;

-- What differs. It goes with the interaction's content.
CREATE TABLE replay_changes (
    replay uuid NOT NULL,
    position bigint NOT NULL,
    interaction uuid NOT NULL,
    entry text NOT NULL,
    traces text NOT NULL,
    PRIMARY KEY (replay, position)
);
CREATE INDEX replay_changes_interaction ON replay_changes (interaction);
