-- What holds automatic answers back is counted from these: answers that were dead, taken back or are sent again don't count, and are in
-- neither. Those that were held back keep neither correspondent nor thread any more.
DROP INDEX deliveries_to_correspondent;
DROP INDEX deliveries_in_thread;
CREATE INDEX deliveries_to_correspondent ON deliveries (correspondent, created_at)
    WHERE correspondent IS NOT NULL AND state < 3 AND again = 0;
CREATE INDEX deliveries_in_thread ON deliveries (thread, created_at) WHERE thread IS NOT NULL AND state < 3 AND again = 0;

-- What is due to each domain.
CREATE INDEX deliveries_by_domain ON deliveries (domain, due_at) WHERE state = 0;
-- Which domains those that are due longest go to is found without their rows.
DROP INDEX deliveries_due;
CREATE INDEX deliveries_due ON deliveries (due_at, domain) WHERE state = 0;
