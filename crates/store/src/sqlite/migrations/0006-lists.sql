-- Lists are as fast with millions of interactions as with a thousand: what is found far back is found by an index. Identifiers are
-- appended to each by themselves, and lists are newest first. `lower` knows ASCII alone; other addresses are looked for without an index.
CREATE INDEX interactions_by_queue ON interactions (queue) WHERE queue IS NOT NULL;
CREATE INDEX interactions_by_flow ON interactions (flow_id) WHERE flow_id IS NOT NULL;
CREATE INDEX interactions_by_message_id ON interactions (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX interactions_by_sender ON interactions (lower(envelope_from));
