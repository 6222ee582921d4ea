CREATE UNIQUE INDEX region_code_in_force_idx ON region (code) WHERE valid_to IS NULL;
CREATE INDEX region_children_idx ON region (parent_code, code) WHERE valid_to IS NULL;
ALTER TABLE region ADD CONSTRAINT region_code_check CHECK (code ~ '^[0-9]{12}$' AND parent_code ~ '^[0-9]{12}$' AND parent_code <> code);
ALTER TABLE region ADD CONSTRAINT region_validity_check CHECK (valid_to > valid_from);
ALTER TABLE organ ADD CONSTRAINT organ_code_check CHECK (code ~ '^[a-z][a-z0-9-]+$' AND region_code ~ '^[0-9]{12}$');
ALTER TABLE organ ADD CONSTRAINT organ_credit_code_check CHECK (credit_code ~ '^[0-9A-HJ-NP-RTUW-Y]{18}$');
ALTER TABLE organ ADD CONSTRAINT organ_parent_check CHECK (parent_id <> id AND supervising_organ_id <> id);
ALTER TABLE service_hall ADD CONSTRAINT service_hall_code_check CHECK (code ~ '^[a-z][a-z0-9-]+$' AND region_code ~ '^[0-9]{12}$');
ALTER TABLE service_hall ADD CONSTRAINT service_hall_hours_check CHECK (opens ~ '^[0-2][0-9]:[0-5][0-9]$' AND closes ~ '^[0-2][0-9]:[0-5][0-9]$' AND opens < closes);
