-- What runs asked and were answered, as JSON, one row for each run that asked. It goes with the interaction's content.
CREATE TABLE journals (
    interaction BLOB NOT NULL,
    number INTEGER NOT NULL,
    content TEXT NOT NULL,
    seal INTEGER NOT NULL,
    PRIMARY KEY (interaction, number)
);

-- Runs that wait for an answer from outside, by the time at which they go on without one.
CREATE INDEX interactions_parked ON interactions (lease_until) WHERE state = 5;
