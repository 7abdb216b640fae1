-- What waits as unrouted is counted whenever somebody measures.
CREATE INDEX interactions_unrouted ON interactions (received_at) WHERE state IN (2, 3) AND decision IN (1, 3);
