-- What was found out about a mail as it came in, as JSON, and its CRC-32. Most mail of a relay that checks nothing has none.
ALTER TABLE messages ADD COLUMN facts text;
ALTER TABLE messages ADD COLUMN facts_sum bigint;
