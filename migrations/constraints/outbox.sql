CREATE INDEX outbox_message_waiting ON outbox_message (due_at) WHERE delivered_at IS NULL AND parked_at IS NULL;
