"""The team: invitations and reset links, roles, disabling, handing over.

What a person may do to another's account runs in functions of the schema's owner, which ask once more whether they may:
the owner of the team above all, an admin over members and viewers, nobody over themselves, and there is always an owner.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
DEFINER = "security definer set search_path = public, pg_temp"
ME = "(select app_user())"
ADMIN = "(select app_role()) in ('owner', 'admin')"

# Which sentence an invitation or a reset link deserves; a stranger who guesses learns that there is none.
_STATE = "case when %s is not null then 'used' when %s.revoked_at is not null then 'revoked' when %s.expires_at <= now() then 'expired' else 'open' end"

FUNCTIONS: dict[str, tuple[str, str, str]] = {
    "auth_invitation(hash bytea)": (
        "table (state text, email text, role text, team text, country text, inviter text)",
        "sql stable",
        f"select {_STATE % ('i.accepted_at', 'i', 'i')}, i.email, i.role, t.name, t.country, u.name from invitation i "
        "join user_account u on u.id = i.invited_by left join team t on t.id = 1 where i.token_hash = hash",
    ),
    # One use, whoever comes first; none when the address has an account by now. Whoever is invited learns at most that it did not work.
    "auth_accept_invitation(hash bytea, full_name text, secret text, zone text, lang text, week int)": (
        "uuid",
        "plpgsql",
        "declare fresh uuid := gen_random_uuid(); wanted record; begin "
        "select i.* into wanted from invitation i where i.token_hash = hash and i.accepted_at is null and i.revoked_at is null and i.expires_at > now() for update; "
        "if not found or exists (select from user_account u where lower(u.email) = lower(wanted.email)) then return null; end if; "
        "insert into user_account (id, email, name, role, time_zone, locale, theme, week_start, sidebar_collapsed) "
        "values (fresh, wanted.email, full_name, wanted.role, zone, lang, 'system', week, false); "
        "insert into credential (user_id, password_hash, changed_at) values (fresh, secret, now()); "
        "update invitation set accepted_at = now(), accepted_by = fresh where id = wanted.id; return fresh; end",
    ),
    "auth_reset(hash bytea)": (
        "table (state text, user_id uuid, email text, name text, team text)",
        "sql stable",
        f"select case when u.disabled_at is not null then 'revoked' else {_STATE % ('r.used_at', 'r', 'r')} end, u.id, u.email, u.name, t.name from password_reset r "
        "join user_account u on u.id = r.user_id left join team t on t.id = 1 where r.token_hash = hash",
    ),
    "auth_use_reset(hash bytea, secret text)": (
        "uuid",
        "plpgsql",
        "declare who uuid; begin "
        "update password_reset r set used_at = now() from user_account u where r.token_hash = hash and r.used_at is null and r.revoked_at is null "
        "and r.expires_at > now() and u.id = r.user_id and u.disabled_at is null returning r.user_id into who; "
        "if who is null then return null; end if; "
        "insert into credential (user_id, password_hash, changed_at) values (who, secret, now()) "
        "on conflict (user_id) do update set password_hash = excluded.password_hash, changed_at = now(); "
        "update password_reset set revoked_at = now() where user_id = who and used_at is null and revoked_at is null; "
        "perform auth_close_user_sessions(who, null); return who; end",
    ),
    "team_has_address(mail text)": (
        "boolean",
        "sql stable",
        "select app_role() in ('owner', 'admin') and exists (select from user_account where lower(email) = lower(mail))",
    ),
    "team_seen()": (
        "table (user_id uuid, seen_at timestamptz)",
        "sql stable",
        "select u.id, greatest((select max(s.last_seen_at) from user_session s where s.user_id = u.id), "
        "(select max(e.at) from audit_entry e where e.actor_id = u.id and e.action = 'account.signed_in')) "
        "from user_account u where app_role() in ('owner', 'admin')",
    ),
    "team_set_role(who uuid, new_role text)": (
        "void",
        "plpgsql",
        "declare old_role text := team_may_manage(who); begin "
        "if new_role not in ('admin', 'member', 'viewer') or (new_role = 'admin' and app_role() <> 'owner') then "
        "raise exception 'this role is not yours to give' using errcode = '42501'; end if; "
        "if old_role is distinct from new_role then update user_account set role = new_role where id = who; perform auth_close_user_sessions(who, null); end if; "
        "if new_role <> 'admin' then update invitation set revoked_at = now() where invited_by = who and accepted_at is null and revoked_at is null; end if; end",
    ),
    "team_transfer(heir uuid)": (
        "void",
        "plpgsql",
        "begin "
        "if app_role() is distinct from 'owner' or heir = app_user() or not exists (select from user_account where id = app_user() and role = 'owner' and disabled_at is null) then "
        "raise exception 'only the owner hands the team on' using errcode = '42501'; end if; "
        "update user_account set role = 'owner' where id = heir and disabled_at is null; "
        "if not found then raise exception 'no such person' using errcode = '42501'; end if; "
        "update user_account set role = 'admin' where id = app_user(); "
        "perform auth_close_user_sessions(heir, null); perform auth_close_user_sessions(app_user(), null); end",
    ),
    "team_disable(who uuid)": (
        "void",
        "plpgsql",
        "begin perform team_may_manage(who); "
        "update user_account set disabled_at = now() where id = who and disabled_at is null; perform end_capabilities(who); end",
    ),
    "team_enable(who uuid)": (
        "void", "plpgsql", "begin perform team_may_manage(who); update user_account set disabled_at = null where id = who; end",
    ),
    "team_sign_out(who uuid)": (
        "int", "plpgsql", "begin perform team_may_manage(who); return auth_close_user_sessions(who, null); end",
    ),
    "team_offer_reset(fresh uuid, who uuid, hash bytea, ttl interval)": (
        "void",
        "plpgsql",
        "begin perform team_may_manage(who); "
        "update password_reset set revoked_at = now() where user_id = who and used_at is null and revoked_at is null; "
        "insert into password_reset (id, user_id, token_hash, made_by, expires_at) select fresh, u.id, hash, app_user(), now() + ttl from user_account u "
        "where u.id = who and u.disabled_at is null; "
        "if not found then raise exception 'no such person' using errcode = '42501'; end if; end",
    ),
}

# Called by the others alone.
INNER: dict[str, tuple[str, str, str]] = {
    "team_may_manage(who uuid)": (
        "text",
        "plpgsql",
        "declare their_role text; begin "
        "select role into their_role from user_account where id = who for update; "
        "if their_role is null or who = app_user() or their_role = 'owner' or app_role() not in ('owner', 'admin') or app_role() is null "
        "or (their_role = 'admin' and app_role() <> 'owner') then "
        "raise exception 'this person is not yours to manage' using errcode = '42501'; end if; return their_role; end",
    ),
    # Every table that holds a secret by which someone acts has token_hash and revoked_at: whichever there are, now and later, end here.
    "end_capabilities(who uuid)": (
        "void",
        "plpgsql",
        "declare place record; begin perform auth_close_user_sessions(who, null); "
        "for place in select c.relname as name, o.attname as person from pg_class c join pg_attribute h on h.attrelid = c.oid and h.attname = 'token_hash' "
        "join pg_attribute r on r.attrelid = c.oid and r.attname = 'revoked_at' join pg_attribute o on o.attrelid = c.oid and o.attname in ('user_id', 'owner_id', 'invited_by', 'made_by') "
        "where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' loop "
        "execute format('update %I set revoked_at = now() where %I = $1 and revoked_at is null', place.name, place.person) using who; end loop; "
        "update job set state = 'cancelled', reason = 'The person who asked for this can no longer sign in.' where owner_id = who and state in ('draft', 'queued'); "
        "update job set cancel_requested = true where owner_id = who and state = 'running'; end",
    ),
}

OWNER_STAYS = f"""
create function owner_stays() returns trigger language plpgsql {DEFINER} as $$
begin
  if app_user() is null or old.role <> 'owner' or old.disabled_at is not null or (new.role = 'owner' and new.disabled_at is null) then return new; end if;
  perform pg_advisory_xact_lock(hashtext('owner_stays'));  -- two owners who step down at once would each see the other
  if not exists (select from user_account where role = 'owner' and disabled_at is null and id <> old.id) then
    raise exception 'there is always an owner' using errcode = '42501';
  end if;
  return new;
end $$
"""


def upgrade() -> None:
    op.create_table(
        "invitation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_by", sa.Uuid(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("role in ('admin', 'member', 'viewer')", name="invitation_role_known"),
        sa.ForeignKeyConstraint(["invited_by"], ["user_account.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["accepted_by"], ["user_account.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index(op.f("ix_invitation_invited_by"), "invitation", ["invited_by"], unique=False)
    op.create_index(
        "invitation_open", "invitation", [sa.literal_column("lower(email)")], unique=False,
        postgresql_where=sa.text("accepted_at is null and revoked_at is null"),
    )  # fmt: skip
    op.create_table(
        "password_reset",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index(op.f("ix_password_reset_user_id"), "password_reset", ["user_id"], unique=False)
    _guard_links()
    for signature, (returns, language, body) in (INNER | FUNCTIONS).items():
        op.execute(f"create function {signature} returns {returns} language {language} {DEFINER} as $body$ {body} $body$")
        op.execute(f"revoke execute on function {_types(signature)} from public")
    for signature in FUNCTIONS:
        op.execute(f"grant execute on function {_types(signature)} to {APP}")
    op.execute(OWNER_STAYS)
    op.execute("create trigger user_account_owner_stays before update on user_account for each row execute function owner_stays()")


def _guard_links() -> None:
    """Admins make, see and revoke invitations; who made a link is fixed, and its secret can be read by nobody."""
    for table in ("invitation", "password_reset"):
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"alter table {table} force row level security")
        op.execute(f"create policy {table}_schema_owner on {table} to current_user using (true) with check (true)")
        op.execute(f"create policy {table}_select on {table} for select to {APP} using ({ADMIN})")
    mine = f"{ADMIN} and invited_by = {ME} and (role <> 'admin' or (select app_role()) = 'owner')"
    op.execute(f"create policy invitation_insert on invitation for insert to {APP} with check ({mine})")
    op.execute(f"create policy invitation_update on invitation for update to {APP} using ({ADMIN}) with check ({ADMIN})")
    op.execute(f"grant select (id, created_at, email, role, invited_by, expires_at, accepted_at, accepted_by, revoked_at) on invitation to {APP}")
    op.execute(f"grant insert (id, created_at, email, role, token_hash, invited_by, expires_at) on invitation to {APP}")
    op.execute(f"grant update (revoked_at) on invitation to {APP}")
    op.execute(f"grant select (id, created_at, user_id, made_by, expires_at, used_at, revoked_at) on password_reset to {APP}")


def downgrade() -> None:
    op.execute("drop trigger user_account_owner_stays on user_account")
    op.execute("drop function owner_stays()")
    for signature in (*FUNCTIONS, *INNER):
        op.execute(f"drop function {_types(signature)}")
    op.drop_index(op.f("ix_password_reset_user_id"), table_name="password_reset")
    op.drop_table("password_reset")
    op.drop_index("invitation_open", table_name="invitation", postgresql_where=sa.text("accepted_at is null and revoked_at is null"))
    op.drop_index(op.f("ix_invitation_invited_by"), table_name="invitation")
    op.drop_table("invitation")


def _types(signature: str) -> str:
    """``f(a text, b int)`` → ``f(text, int)``."""
    name, _, rest = signature.partition("(")
    arguments = [part.strip().split(" ", 1)[1] for part in rest.rstrip(")").split(",") if part.strip()]
    return f"{name}({', '.join(arguments)})"
