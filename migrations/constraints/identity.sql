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
