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
