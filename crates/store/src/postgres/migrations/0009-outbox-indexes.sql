-- What holds automatic answers back is counted from these: answers that were dead, taken back or are sent again don't count, and are in
-- neither. Those that were held back keep neither correspondent nor thread any more.
DROP INDEX deliveries_to_correspondent;
DROP INDEX deliveries_in_thread;
CREATE INDEX deliveries_to_correspondent ON deliveries (left(correspondent, 200), created_at)
    WHERE correspondent IS NOT NULL AND state < 3 AND NOT again;
CREATE INDEX deliveries_in_thread ON deliveries (left(thread, 200), created_at)
    WHERE thread IS NOT NULL AND state < 3 AND NOT again;

-- What is due to each domain.
CREATE INDEX deliveries_by_domain ON deliveries (left(domain, 200), due_at) WHERE state = 0;
