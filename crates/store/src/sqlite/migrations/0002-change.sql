-- Labels, deprecation, drafts, and who did what to a flow.

ALTER TABLE flows ADD COLUMN labels TEXT NOT NULL DEFAULT '{}';
-- The notice to callers; NULL while the flow is not deprecated.
ALTER TABLE flows ADD COLUMN deprecated TEXT;

-- Routes that were deleted stay for the mail that they were bound to: 0 is one that stands.
ALTER TABLE routes ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;

-- What was found when the version was saved: a list of problems, empty for what could be published then.
ALTER TABLE flow_versions ADD COLUMN validation TEXT NOT NULL DEFAULT '[]';

-- kind: saved, published, deactivated, labelled, unlabelled, deprecated, undeprecated, deleted.
CREATE TABLE flow_events (
    flow_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    kind TEXT NOT NULL,
    version INTEGER,
    label TEXT,
    targets TEXT,
    note TEXT,
    at INTEGER NOT NULL,
    by TEXT NOT NULL,
    PRIMARY KEY (flow_id, number)
) WITHOUT ROWID;
