-- When an interaction was completed: its time counts from then. NULL while it is not.
ALTER TABLE interactions ADD COLUMN completed_at INTEGER;
UPDATE interactions SET completed_at = received_at WHERE state = 4;
CREATE INDEX interactions_contents ON interactions (completed_at) WHERE completed_at IS NOT NULL AND NOT erased;
CREATE INDEX interactions_completed ON interactions (completed_at) WHERE completed_at IS NOT NULL;
