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
