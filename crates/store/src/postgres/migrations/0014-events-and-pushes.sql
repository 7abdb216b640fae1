-- What a webhook listens to, as JSON.
ALTER TABLE webhooks ADD COLUMN events text NOT NULL DEFAULT '[]';

-- What a queue pushes is of kind 4 if it goes out as mail, and of kind 5 if it goes to a webhook.
DROP INDEX deliveries_due;
DROP INDEX deliveries_by_domain;
DROP INDEX requests_due;
DROP INDEX requests_by_domain;
CREATE INDEX deliveries_due ON deliveries (due_at) WHERE state = 0 AND kind NOT IN (3, 5);
CREATE INDEX deliveries_by_domain ON deliveries (left(domain, 200), due_at) WHERE state = 0 AND kind NOT IN (3, 5);
CREATE INDEX requests_due ON deliveries (due_at) WHERE state = 0 AND kind IN (3, 5);
CREATE INDEX requests_by_domain ON deliveries (left(domain, 200), due_at) WHERE state = 0 AND kind IN (3, 5);
