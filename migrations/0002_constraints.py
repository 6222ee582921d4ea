"""What the models cannot say: checks, partial indexes, sequences (Tortoise leaves them out)."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    """Constraints and indexes in plain SQL, by capability."""

    dependencies = [("models", "0001_initial")]

    initial = False

    operations = [
        ops.RunSQL(
            """
            ALTER TABLE slot ADD CONSTRAINT slot_never_overbooked CHECK (booked >= 0 AND booked <= places);
            CREATE UNIQUE INDEX appointment_one_live ON appointment (identity_id, item_code, "on") WHERE state = 'confirmed';
            """
        ),
        ops.RunSQL(
            """
            CREATE SEQUENCE case_serial;
            CREATE INDEX service_case_provisional ON service_case (id) WHERE provisional;
            ALTER TABLE service_case ADD CONSTRAINT service_case_promise_within_law CHECK (promised_on <= statutory_on);
            CREATE FUNCTION refuse_to_change_case_events() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'what happened to a case is never changed and never removed';
            END
            $$;
            CREATE TRIGGER case_event_is_append_only BEFORE UPDATE OR DELETE ON case_event
                FOR EACH ROW EXECUTE FUNCTION refuse_to_change_case_events();
            """
        ),
        ops.RunSQL(
            """
            -- A full guide's code is said to citizens without its source: it must name one item.
            CREATE UNIQUE INDEX service_item_full_code ON service_item (code) WHERE kind = 'full';
            CREATE INDEX service_item_by_code ON service_item (code);
            CREATE INDEX service_item_by_department ON service_item (department, name, id);
            CREATE INDEX service_item_by_name ON service_item (name, id);

            ALTER TABLE service_item
                ADD CONSTRAINT service_item_full_has_a_version
                    CHECK ((kind = 'full') = (current_version_id IS NOT NULL)),
                ADD CONSTRAINT service_item_current_version
                    FOREIGN KEY (current_version_id) REFERENCES service_item_version (id)
                    DEFERRABLE INITIALLY DEFERRED;
            CREATE INDEX service_item_by_current_version ON service_item (current_version_id);

            ALTER TABLE service_item_version
                ADD CONSTRAINT service_item_version_counts_from_one CHECK (version_no >= 1),
                ADD CONSTRAINT service_item_version_hash CHECK (content_hash ~ '^[0-9a-f]{64}$');

            CREATE FUNCTION refuse_to_change_a_published_version() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'a published guide version is never changed';
            END
            $$;
            CREATE TRIGGER service_item_version_is_immutable
                BEFORE UPDATE OR DELETE ON service_item_version
                FOR EACH ROW EXECUTE FUNCTION refuse_to_change_a_published_version();

            ALTER TABLE catalogue_revision ADD CONSTRAINT catalogue_revision_single CHECK (name = 'guides');
            INSERT INTO catalogue_revision (name, revision) VALUES ('guides', 0);
            """
        ),
        ops.RunSQL(
            """
            ALTER TABLE identity ADD CONSTRAINT identity_level CHECK (assurance_level BETWEEN 0 AND 5);
            ALTER TABLE identity ADD CONSTRAINT identity_kind CHECK (kind IN ('natural', 'legal'));
            ALTER TABLE account ADD CONSTRAINT account_provider CHECK (provider IN ('official_account', 'mini_program'));
            ALTER TABLE post ADD CONSTRAINT post_role CHECK (role IN ('front_desk', 'back_office', 'exit_window', 'admin'));
            ALTER TABLE post ADD CONSTRAINT post_place CHECK (role = 'admin' OR organ_id IS NOT NULL);
            ALTER TABLE post ADD CONSTRAINT post_dates CHECK (valid_to IS NULL OR valid_to >= valid_from);
            ALTER TABLE session ADD CONSTRAINT session_of_one CHECK ((account_id IS NULL) <> (post_id IS NULL));
            ALTER TABLE session ADD CONSTRAINT session_revoked CHECK ((revoked_at IS NULL) = (revoked_for IS NULL));
            CREATE UNIQUE INDEX refresh_token_in_use ON refresh_token (session_id) WHERE used_at IS NULL;
            CREATE INDEX account_following ON account (identity_id) WHERE followed AND provider = 'official_account';
            CREATE FUNCTION refuse_to_change_the_access_log() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'the access log is only ever added to';
            END
            $$;
            CREATE TRIGGER access_log_is_append_only
                BEFORE UPDATE OR DELETE ON access_log
                FOR EACH ROW EXECUTE FUNCTION refuse_to_change_the_access_log();
            """
        ),
        ops.RunSQL(
            """
            ALTER TABLE notification
                ADD CONSTRAINT notification_state_check CHECK (state IN ('created', 'sending', 'sent', 'delivered', 'unknown', 'no_recipient', 'failed_permanent', 'failed_technical')),
                ADD CONSTRAINT notification_sent_has_msgid CHECK (state <> 'sent' OR (msgid IS NOT NULL AND sent_at IS NOT NULL)),
                ADD CONSTRAINT notification_sending_has_begun CHECK (state NOT IN ('sending', 'unknown') OR sending_since IS NOT NULL);
            CREATE UNIQUE INDEX notification_by_msgid ON notification (msgid) WHERE msgid IS NOT NULL;
            -- Few rows are ever in doubt: what is looked for every minute must not grow with the city.
            CREATE INDEX notification_in_doubt ON notification (recipient_blind) WHERE state IN ('sending', 'unknown');
            CREATE INDEX notification_sent ON notification (sent_at) WHERE state = 'sent';
            CREATE INDEX push_result_by_age ON push_result (created_at);
            """
        ),
        ops.RunSQL(
            """
            CREATE UNIQUE INDEX region_code_in_force_idx ON region (code) WHERE valid_to IS NULL;
            CREATE INDEX region_children_idx ON region (parent_code, code) WHERE valid_to IS NULL;
            ALTER TABLE region ADD CONSTRAINT region_code_check CHECK (code ~ '^[0-9]{12}$' AND parent_code ~ '^[0-9]{12}$' AND parent_code <> code);
            ALTER TABLE region ADD CONSTRAINT region_validity_check CHECK (valid_to > valid_from);
            ALTER TABLE organ ADD CONSTRAINT organ_code_check CHECK (code ~ '^[a-z][a-z0-9-]+$' AND region_code ~ '^[0-9]{12}$');
            ALTER TABLE organ ADD CONSTRAINT organ_credit_code_check CHECK (credit_code ~ '^[0-9A-HJ-NP-RTUW-Y]{18}$');
            ALTER TABLE organ ADD CONSTRAINT organ_parent_check CHECK (parent_id <> id AND supervising_organ_id <> id);
            ALTER TABLE service_hall ADD CONSTRAINT service_hall_code_check CHECK (code ~ '^[a-z][a-z0-9-]+$' AND region_code ~ '^[0-9]{12}$');
            ALTER TABLE service_hall ADD CONSTRAINT service_hall_hours_check CHECK (opens ~ '^[0-2][0-9]:[0-5][0-9]$' AND closes ~ '^[0-2][0-9]:[0-5][0-9]$' AND opens < closes);
            """
        ),
        ops.RunSQL(
            """
            CREATE INDEX outbox_message_waiting ON outbox_message (due_at) WHERE delivered_at IS NULL AND parked_at IS NULL;
            """
        ),
        ops.RunSQL(
            """
            ALTER TABLE calendar_year ADD CONSTRAINT calendar_year_year_check CHECK (year BETWEEN 2000 AND 2100);
            ALTER TABLE calendar_year ADD CONSTRAINT calendar_year_version_check CHECK (version >= 1);
            ALTER TABLE calendar_day ADD CONSTRAINT calendar_day_kind_check CHECK (kind IN ('holiday', 'makeup_workday', 'local_closure'));
            """
        ),
    ]
