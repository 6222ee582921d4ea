ALTER TABLE notification
    ADD CONSTRAINT notification_state_check CHECK (state IN ('created', 'sending', 'sent', 'delivered', 'unknown', 'no_recipient', 'failed_permanent', 'failed_technical')),
    ADD CONSTRAINT notification_sent_has_msgid CHECK (state <> 'sent' OR (msgid IS NOT NULL AND sent_at IS NOT NULL)),
    ADD CONSTRAINT notification_sending_has_begun CHECK (state NOT IN ('sending', 'unknown') OR sending_since IS NOT NULL);
CREATE UNIQUE INDEX notification_by_msgid ON notification (msgid) WHERE msgid IS NOT NULL;
-- Few rows are ever in doubt: what is looked for every minute must not grow with the city.
CREATE INDEX notification_in_doubt ON notification (recipient_blind) WHERE state IN ('sending', 'unknown');
CREATE INDEX notification_sent ON notification (sent_at) WHERE state = 'sent';
CREATE INDEX push_result_by_age ON push_result (created_at);
