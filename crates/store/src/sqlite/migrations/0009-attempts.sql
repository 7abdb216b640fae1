-- Attempts at the run that is waited for: one more with each claim, none again once a run is recorded.
ALTER TABLE interactions ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;

-- Those few that an attempt was made at which never ended are claimed apart.
CREATE INDEX interactions_retried ON interactions (received_at) WHERE state < 2 AND attempts > 0;
