-- What waits as unrouted is counted whenever somebody measures: in this index alone.
CREATE INDEX interactions_unrouted ON interactions (state, decision) WHERE state IN (2, 3) AND decision IN (1, 3);
