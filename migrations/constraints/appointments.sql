ALTER TABLE slot ADD CONSTRAINT slot_never_overbooked CHECK (booked >= 0 AND booked <= places);
CREATE UNIQUE INDEX appointment_one_live ON appointment (identity_id, item_code, "on") WHERE state = 'confirmed';
