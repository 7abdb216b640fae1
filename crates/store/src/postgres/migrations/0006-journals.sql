-- What runs asked and were answered, as JSON, one row for each run that asked, with its CRC-32. It goes with the interaction's content.
CREATE TABLE journals (
    interaction uuid NOT NULL,
    number bigint NOT NULL,
    content text NOT NULL,
    content_sum bigint NOT NULL,
    PRIMARY KEY (interaction, number)
);

-- Runs that wait for an answer from outside, by the time at which they go on without one.
CREATE INDEX interactions_parked ON interactions (lease_until) WHERE state = 5;
