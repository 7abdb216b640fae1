-- What was done when, for those who look: mails, decisions and times to decision by the minute, runs of flows by the hour. Written once for
-- each commit; rows of two days are kept. Numbers that are off mislead nobody but the eye, so no seal covers them.
CREATE TABLE activity (
    topic INTEGER NOT NULL,
    minute INTEGER NOT NULL,
    object BLOB NOT NULL,
    member INTEGER NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (topic, minute, object, member)
) WITHOUT ROWID;
