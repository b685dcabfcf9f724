-- The role of this session, as GRANT takes it.
SELECT quote_ident(current_user)
