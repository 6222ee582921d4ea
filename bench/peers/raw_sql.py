"""The statements of the hand-written cases (``raw_cases``): one for each write and each check."""

WHO = """
    SELECT s.id, s.expires_at, s.revoked_at, s.device, a.id AS account_id, a.identity_id,
           i.assurance_level, o.id AS officer_id, o.active, p.id AS post_id, p.role, p.organ_id,
           p.hall_id, p.valid_from <= $2 AND coalesce(p.valid_to >= $2, true) AS in_post
    FROM session s
    LEFT JOIN account a ON a.id = s.account_id
    LEFT JOIN identity i ON i.id = a.identity_id
    LEFT JOIN post p ON p.id = s.post_id
    LEFT JOIN officer o ON o.id = p.officer_id
    WHERE s.id = $1
"""
TAKE_KEY = "SELECT pg_try_advisory_xact_lock($1)"
EARLIER = """
    SELECT fingerprint, status, body_sealed FROM keyed_answer
    WHERE caller = $1 AND route = $2 AND key = $3 AND expires_at > $4
"""
KEEP_ANSWER = """
    INSERT INTO keyed_answer (id, created_at, caller, route, key, fingerprint, status, body_sealed,
        expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
ITEM = "SELECT id, code, name, state, current_version_id FROM service_item WHERE code = $1"
VERSION = "SELECT content::text FROM service_item_version WHERE id = $1"
REGION_WORDS = """
    SELECT overrides::text FROM region_guide
    WHERE item_id = $1 AND region_code = ANY($2::text[]) AND overrides <> '{}'
"""
HALL = "SELECT id, name, region_code FROM service_hall WHERE code = $1"
HALL_NAME = "SELECT name FROM service_hall WHERE id = $1"
ORGAN = "SELECT id FROM organ WHERE code = $1"
LOCK_DRAFTS = "SELECT pg_advisory_xact_lock(hashtextextended($1, 20))"
COUNT_DRAFTS = "SELECT count(*) FROM service_case WHERE identity_id = $1 AND state = 'draft'"
NEXT_SERIAL = "SELECT nextval('case_serial')"
BEGIN_CASE = """
    INSERT INTO service_case (id, created_at, case_no, query_code_sealed, query_code_blind,
        item_version_id, item_code, item_name, organ_id, hall_id, identity_id, account_id, source,
        state, form_sealed, immediate, certificate, links, promised_value, promised_unit,
        draft_saved_at, last_seq)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'app', 'draft', $13, $14, $15, $16,
        $17, $18, $2, 0)
"""
LOCK_CASE = """
    SELECT id, case_no, item_version_id, item_code, item_name, organ_id, hall_id, identity_id,
        state, form_sealed, filed_at, promised_on, provisional, correction_due_on, lapse_on,
        deferred_due_on, query_code_sealed,
        parent_id, promised_value, promised_unit, last_seq, created_at
    FROM service_case WHERE id = $1 FOR UPDATE
"""
PAPERS = """
    SELECT m.requirement, f.state FROM case_material m JOIN stored_file f ON f.id = m.file_id
    WHERE m.case_id = $1 AND m.replaced_at IS NULL
"""
ON_PAPER = """
    SELECT facts::text FROM case_event WHERE case_id = $1 AND action = ANY($2::text[])
"""
SITUATION = "SELECT answers_sealed FROM told_situation WHERE account_id = $1 AND item_code = $2"
LIVE_TIMERS = """
    SELECT id, kind, no, anchor_at, budget_value, budget_unit, extensions::text, suspensions::text,
        ARRAY(SELECT rung_key FROM timer_rung WHERE timer_id = business_timer.id) AS passed,
        (SELECT count(*) FROM calendar_year) AS editions
    FROM business_timer
    WHERE subject_kind = 'case' AND subject_id = $1 AND stopped_at IS NULL ORDER BY id FOR UPDATE
"""
STOP_TIMER = """
    UPDATE business_timer SET stopped_at = $2, running_since = NULL, fire_at = NULL,
        consumed_seconds = $3, next_rung_at = $4, next_rung_key = $5
    WHERE id = $1
"""
START_TIMER = """
    INSERT INTO business_timer (id, created_at, subject_kind, subject_id, kind, no, organ_id,
        anchor_at, calendar, budget_value, budget_unit, calendar_version, extensions, suspensions,
        consumed_seconds, running_since, fire_at, due_on, provisional, next_rung_at, next_rung_key)
    VALUES ($1, $2, 'case', $3, $4, 0, $5, $6, 'CN', $7, $8, $9, '[]', '[]', 0, $10, $11, $12, $13,
        $14, $15)
"""
EVENT = """
    INSERT INTO case_event (id, created_at, case_id, seq, action, actor_kind, actor_id, post_id,
        acting_for, channel, device, from_state, to_state, legal_basis, rule_version, facts)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16::jsonb)
"""
SUBMITTED = "UPDATE service_case SET state = 'filed', filed_at = $2, last_seq = $3 WHERE id = $1"
PASSED = """
    UPDATE service_case SET state = 'pre_reviewed', lapse_on = $2, last_seq = $3 WHERE id = $1
"""
ACCEPTED = """
    UPDATE service_case SET state = 'accepted', accepted_at = $2, promised_on = $3,
        statutory_on = $4, provisional = $5, lapse_on = NULL, last_seq = $6
    WHERE id = $1
"""
ANNOUNCE = """
    INSERT INTO outbox_message (id, created_at, name, facts, due_at, tries, order_key)
    VALUES ($1, $2, $3, $4::jsonb, $2, 0, $5)
"""
STANDING = """
    SELECT id, case_no, item_code, item_name, state, filed_at, promised_on, provisional,
        correction_due_on, deferred_due_on, identity_id, parent_id
    FROM service_case WHERE id = $1
"""
PROGRESS = """
    SELECT c.id, c.case_no, c.item_name, c.state, c.filed_at, c.promised_on, c.provisional,
        c.correction_due_on, c.deferred_due_on, c.deferred_open, c.outcome,
        c.supplement_asked, c.identity_id, c.parent_id, h.name AS hall_name
    FROM service_case c JOIN service_hall h ON h.id = c.hall_id WHERE c.id = $1
"""
EVENTS = """
    SELECT id, created_at, action, facts::text, legal_basis, reason, reason_sealed
    FROM case_event WHERE case_id = $1 ORDER BY seq
"""
TIMERS = """
    SELECT id, kind, no, anchor_at, budget_value, budget_unit, extensions::text, suspensions::text,
        stopped_at, due_on, provisional
    FROM business_timer
    WHERE subject_kind = 'case' AND subject_id = $1 AND superseded_by IS NULL ORDER BY id
"""
MINE = """
    SELECT id, case_no, item_code, item_name, state, filed_at, promised_on, provisional,
        correction_due_on, deferred_due_on
    FROM service_case WHERE identity_id = $1 AND parent_id IS NULL ORDER BY id DESC LIMIT $2
"""
CALENDAR = """
    SELECT latest.year, day.date, day.kind
    FROM (SELECT DISTINCT ON (year) id, year FROM calendar_year ORDER BY year, version DESC)
        AS latest
    LEFT JOIN calendar_day AS day ON day.calendar_year_id = latest.id
"""
EDITIONS = "SELECT count(*) FROM calendar_year"
RUNGS = """
    SELECT timer_kind, valid_from, rung_key, counted_by, over_days, version
    FROM rung_rule ORDER BY id
"""
