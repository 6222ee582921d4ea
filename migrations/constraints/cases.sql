CREATE SEQUENCE case_serial;
CREATE INDEX service_case_provisional ON service_case (id) WHERE provisional;
ALTER TABLE service_case ADD CONSTRAINT service_case_promise_within_law CHECK (promised_on <= statutory_on);
