-- What was found out about a mail as it came in, as JSON. It has a table of its own: behind a large message it would be slow to read. Most mail
-- of a relay that checks nothing has none.
CREATE TABLE mail_facts (
    message INTEGER PRIMARY KEY,
    facts TEXT NOT NULL,
    seal INTEGER
);
CREATE TRIGGER mail_facts_removed AFTER DELETE ON messages BEGIN
    DELETE FROM mail_facts WHERE message = OLD.id;
END;
