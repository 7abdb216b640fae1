-- What was set by hand, clients with revisions, and what was left behind.

-- Attributes that were set apart from runs; `attributes` are those that the last run left, with these over them.
ALTER TABLE interactions ADD COLUMN attributes_set TEXT;

ALTER TABLE clients ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;

-- The secret that the configuration last gave a client. Until now no other secrets were kept as Argon2.
ALTER TABLE clients ADD COLUMN configured_hash TEXT;
UPDATE clients SET configured_hash = secret_hash WHERE secret_hash LIKE '$argon2%';

-- Of what was erased, attributes and what was said besides the mail were left; of attributes that were set, the audit log had values.
UPDATE interactions SET attributes = NULL,
    opening = CASE WHEN state < 2 THEN json_remove(opening, '$.attributes') END WHERE erased;
UPDATE runs SET attributes = NULL WHERE interaction IN (SELECT id FROM interactions WHERE erased);
UPDATE audit SET before = NULL,
    after = json_object('attributes', json((SELECT json_group_array(key) FROM json_each(after, '$.attributes'))))
    WHERE entity_kind = 'interaction' AND action = 'attributes set';

-- A queue could be deleted while work came to it: that work goes where it can be claimed.
UPDATE interactions SET queue = (SELECT id FROM queues WHERE built_in)
    WHERE state IN (2, 3) AND queue IS NOT NULL AND queue NOT IN (SELECT id FROM queues) AND EXISTS (SELECT 1 FROM queues WHERE built_in);
