-- What holds automatic answers back is counted from these: answers that were dead, taken back or are sent again don't count, and are in
-- neither. Those that were held back keep neither correspondent nor thread any more.
DROP INDEX deliveries_to_correspondent;
DROP INDEX deliveries_in_thread;
CREATE INDEX deliveries_to_correspondent ON deliveries (correspondent, created_at)
    WHERE correspondent IS NOT NULL AND state < 3 AND again = 0;
CREATE INDEX deliveries_in_thread ON deliveries (thread, created_at) WHERE thread IS NOT NULL AND state < 3 AND again = 0;
