"""The few functions by which nobody becomes somebody: sign-in, sessions, tokens, first run, rate counters, job claims.

Each runs as the schema's owner, takes plain values, and returns no more than its caller needs.

Revision ID: 0004
Revises: 0003
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
DEFINER = "security definer set search_path = public, pg_temp"

# name(arguments) → (returns, body in SQL or PL/pgSQL)
FUNCTIONS: dict[str, tuple[str, str, str]] = {
    "auth_user_by_email(mail text)": (
        "table (user_id uuid, password_hash text, disabled boolean)",
        "sql stable",
        "select u.id, c.password_hash, u.disabled_at is not null from user_account u join credential c on c.user_id = u.id where lower(u.email) = lower(mail)",
    ),
    "auth_open_session(who uuid, hash bytea, idle interval, absolute interval, keep boolean, agent text, peer text)": (
        "uuid",
        "sql",
        "insert into user_session (id, user_id, token_hash, idle_seconds, expires_at, remembered, user_agent, address, last_seen_at) "
        "select gen_random_uuid(), u.id, hash, extract(epoch from idle)::int, now() + absolute, keep, left(agent, 300), left(peer, 64), now() "
        "from user_account u where u.id = who and u.disabled_at is null returning id",
    ),
    "auth_session(hash bytea)": (
        "table (session_id uuid, user_id uuid, role text, name text, email text, time_zone text, locale text, week_start int, theme text, "
        "data jsonb, remembered boolean, created_at timestamptz)",
        "plpgsql",
        "begin "
        "return query select s.id, u.id, u.role, u.name, u.email, u.time_zone, u.locale, u.week_start, u.theme, s.data, s.remembered, s.created_at "
        "from user_session s join user_account u on u.id = s.user_id where s.token_hash = hash and s.revoked_at is null and u.disabled_at is null "
        "and s.expires_at > now() and s.last_seen_at + make_interval(secs => s.idle_seconds) > now(); "
        "if found then update user_session s set last_seen_at = now() where s.token_hash = hash and s.last_seen_at < now() - interval '1 minute'; end if; "
        "end",
    ),
    # The same without the sign of life: a page that refreshes itself must not keep its session awake.
    "auth_peek_session(hash bytea)": (
        "table (session_id uuid, user_id uuid, role text, name text, email text, time_zone text, locale text, week_start int, theme text, "
        "data jsonb, remembered boolean, created_at timestamptz)",
        "sql stable",
        "select s.id, u.id, u.role, u.name, u.email, u.time_zone, u.locale, u.week_start, u.theme, s.data, s.remembered, s.created_at "
        "from user_session s join user_account u on u.id = s.user_id where s.token_hash = hash and s.revoked_at is null and u.disabled_at is null "
        "and s.expires_at > now() and s.last_seen_at + make_interval(secs => s.idle_seconds) > now()",
    ),
    "auth_save_session_data(hash bytea, value jsonb)": (
        "void", "sql", "update user_session set data = value where token_hash = hash and revoked_at is null",
    ),
    "auth_close_session(which uuid, who uuid)": (
        "boolean",
        "plpgsql",
        "begin update user_session set revoked_at = now() where id = which and user_id = who and revoked_at is null; "
        "if found then perform pg_notify('crm_sessions', jsonb_build_object('session', which)::text); return true; end if; return false; end",
    ),
    "auth_close_user_sessions(who uuid, except_session uuid)": (
        "int",
        "plpgsql",
        "declare closed uuid; total int := 0; begin "
        "for closed in update user_session set revoked_at = now() where user_id = who and revoked_at is null and id is distinct from except_session returning id "
        "loop total := total + 1; perform pg_notify('crm_sessions', jsonb_build_object('session', closed)::text); end loop; return total; end",
    ),
    "auth_token(hash bytea)": (
        "table (token_id uuid, scopes text, user_id uuid, role text, name text, email text, time_zone text, locale text, week_start int)",
        "plpgsql",
        "begin "
        "return query select t.id, t.scopes, u.id, u.role, u.name, u.email, u.time_zone, u.locale, u.week_start from api_token t "
        "join user_account u on u.id = t.user_id where t.token_hash = hash and t.revoked_at is null and u.disabled_at is null "
        "and (t.expires_at is null or t.expires_at > now()); "
        "if found then update api_token t set last_used_at = now() where t.token_hash = hash "
        "and (t.last_used_at is null or t.last_used_at < now() - interval '1 minute'); end if; end",
    ),
    "auth_actor(who uuid)": (
        "table (user_id uuid, role text, name text, email text, time_zone text, locale text, week_start int)",
        "sql stable",
        "select id, role, name, email, time_zone, locale, week_start from user_account where id = who and disabled_at is null",
    ),
    "auth_actor_by_email(mail text)": (
        "table (user_id uuid, role text, name text, email text, time_zone text, locale text, week_start int)",
        "sql stable",
        "select id, role, name, email, time_zone, locale, week_start from user_account where lower(email) = lower(mail) and disabled_at is null",
    ),
    "auth_rate_hit(what text, window_seconds int)": (
        "int",
        "sql",
        "insert into rate_counter as r (key, hits, window_ends_at) values (what, 1, now() + make_interval(secs => window_seconds)) "
        "on conflict (key) do update set hits = case when r.window_ends_at <= now() then 1 else r.hits + 1 end, "
        "window_ends_at = case when r.window_ends_at <= now() then excluded.window_ends_at else r.window_ends_at end returning hits",
    ),
    "auth_rate_peek(what text)": (
        "table (hits int, ends_at timestamptz)",
        "sql stable",
        "select hits, window_ends_at from rate_counter where key = what and window_ends_at > now()",
    ),
    "auth_rate_clear(what text)": ("void", "sql", "delete from rate_counter where key = what"),
    "auth_set_password(who uuid, hash text)": (
        "boolean",
        "plpgsql",
        "begin if app_user() is distinct from who then return false; end if; "
        "update credential set password_hash = hash, changed_at = now() where user_id = who; return found; end",
    ),
    "auth_team_name()": ("text", "sql stable", "select name from team where id = 1"),
    "auth_is_first_run()": ("boolean", "sql stable", "select not exists (select from user_account)"),
    "auth_put_setup_code(hash bytea, ttl interval)": (
        "boolean",
        "plpgsql",
        "begin if exists (select from user_account) then return false; end if; "
        "insert into setup_code (id, code_hash, expires_at) values (1, hash, now() + ttl) "
        "on conflict (id) do update set code_hash = excluded.code_hash, expires_at = excluded.expires_at; return true; end",
    ),
    "auth_first_owner(code bytea, mail text, full_name text, hash text, team_name text, team_country text, zone text, lang text)": (
        "uuid",
        "plpgsql",
        "declare fresh uuid := gen_random_uuid(); begin "
        "lock table user_account in share row exclusive mode; "
        "if exists (select from user_account) then return null; end if; "
        "delete from setup_code where code_hash = code and expires_at > now(); if not found then return null; end if; "
        "insert into team (id, name, country, notes_count_as_contact, updated_at) values (1, team_name, team_country, false, now()) "
        "on conflict (id) do update set name = excluded.name, country = excluded.country; "
        "insert into user_account (id, email, name, role, time_zone, locale, theme, week_start, sidebar_collapsed) "
        "values (fresh, mail, full_name, 'owner', zone, lang, 'system', 0, false); "
        "insert into credential (user_id, password_hash, changed_at) values (fresh, hash, now()); return fresh; end",
    ),
    "claim_job(known_kinds text[], lease interval)": (
        "table (job_id uuid, owner uuid)",
        "sql",
        "update job set state = 'running', attempts = attempts + 1, lease_until = now() + lease where id = ("
        "select id from job where kind = any(known_kinds) and run_after <= now() and (state = 'queued' or (state = 'running' and lease_until < now())) "
        "order by run_after, id limit 1 for update skip locked) returning id, owner_id",
    ),
}
# Only the host's own commands, which connect as the schema's owner, may make people.
HOST_ONLY: dict[str, tuple[str, str, str]] = {
    "host_create_user(mail text, full_name text, new_role text, hash text, team_name text)": (
        "uuid",
        "plpgsql",
        "declare fresh uuid := gen_random_uuid(); begin "
        "insert into team (id, name, country, notes_count_as_contact, updated_at) values (1, team_name, '', false, now()) on conflict (id) do nothing; "
        "insert into user_account (id, email, name, role, time_zone, locale, theme, week_start, sidebar_collapsed) "
        "values (fresh, mail, full_name, new_role, 'UTC', 'en', 'system', 0, false); "
        "insert into credential (user_id, password_hash, changed_at) values (fresh, hash, now()); return fresh; end",
    ),
}


def upgrade() -> None:
    for signature, (returns, language, body) in (FUNCTIONS | HOST_ONLY).items():
        op.execute(f"create function {signature} returns {returns} language {language} {DEFINER} as $body$ {body} $body$")
        op.execute(f"revoke execute on function {_types(signature)} from public")
    for signature in FUNCTIONS:
        op.execute(f"grant execute on function {_types(signature)} to {APP}")


def downgrade() -> None:
    for signature in FUNCTIONS | HOST_ONLY:
        op.execute(f"drop function {_types(signature)}")


def _types(signature: str) -> str:
    """``f(a text, b int)`` → ``f(text, int)``."""
    name, _, rest = signature.partition("(")
    arguments = [part.strip().split(" ", 1)[1] for part in rest.rstrip(")").split(",") if part.strip()]
    return f"{name}({', '.join(arguments)})"
