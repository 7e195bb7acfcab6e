-- What the application role may do at all; the policies then say on which rows.

GRANT USAGE ON SCHEMA gridward, queue TO @app@;
-- each function names who may call it where it stands: a grant for all of them here would reach
-- more of them at the second time than at the first
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA gridward FROM PUBLIC;
GRANT SELECT, INSERT, UPDATE, DELETE ON
    gridward.level, gridward.edition, gridward.draft_shape, gridward.edition_fault,
    gridward.territory, gridward.setting, gridward.backdrop TO @app@;
-- numbers, shapes and chains of a published edition never change
GRANT SELECT, INSERT ON gridward.grid, gridward.grid_shape, gridward.grid_chain,
    gridward.edition_level, gridward.tile_shape TO @app@;
GRANT SELECT, INSERT, UPDATE ON gridward.target, gridward.unit, gridward.assignment TO @app@;
-- a token is made and revoked, never changed
REVOKE UPDATE ON gridward.api_token FROM @app@;
GRANT SELECT, INSERT, UPDATE (revoked_at, last_used_at) ON gridward.api_token TO @app@;
-- events are append-only
GRANT SELECT, INSERT ON gridward.inspection TO @app@;
-- when it happened is the database's word
REVOKE INSERT ON gridward.audit_event FROM @app@;
GRANT SELECT, INSERT (person_no, os_user, action, subject, detail) ON gridward.audit_event TO @app@;
-- the password hash is written, and read only through sign_in_lookup
REVOKE ALL ON gridward.person FROM @app@;
GRANT SELECT (no, sign_in, name, kind, organisation, language, session_epoch, active, created_at,
        signed_in_at, password_kind, password_set_at),
    INSERT (sign_in, name, kind, organisation, language, password_hash, password_kind),
    UPDATE (name, organisation, language, session_epoch, active, password_hash, signed_in_at, password_kind,
            password_set_at) ON gridward.person TO @app@;
GRANT SELECT ON gridward.migration TO @app@;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA queue TO @app@;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA gridward, queue TO @app@;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA queue TO @app@;
