ALTER TABLE calendar_year ADD CONSTRAINT calendar_year_year_check CHECK (year BETWEEN 2000 AND 2100);
ALTER TABLE calendar_year ADD CONSTRAINT calendar_year_version_check CHECK (version >= 1);
ALTER TABLE calendar_day ADD CONSTRAINT calendar_day_kind_check CHECK (kind IN ('holiday', 'makeup_workday', 'local_closure'));
