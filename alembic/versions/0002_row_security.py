"""Row-level security: who sees which row, and who may write it.

One policy form for every owned table: the owner, or everyone when the audience is the team. No policy looks
into another table. The application role owns nothing and bypasses nothing; a transaction that has not said
whom it serves sees nothing.

Revision ID: 0002
Revises: 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
PARENTS = ("contact", "interaction", "task", "blob")
CHILDREN = ("contact_point", "contact_sensitive", "contact_tag", "interaction_contact", "task_contact")
OWNERS_ALONE = ("import_identity", "import_file", "import_problem", "job")
PERSONAL = ("saved_draft", "idempotency_key")
SECRET = ("credential", "rate_counter", "setup_code", "user_session", "api_token")
SHARED = ("tag", "team", "user_account")
HISTORY = ("change_set", "change")
EVERY = PARENTS + CHILDREN + OWNERS_ALONE + PERSONAL + SECRET + SHARED + HISTORY

ME = "(select app_user())"
WRITER = "(select app_role()) in ('owner', 'admin', 'member')"
ADMIN = "(select app_role()) in ('owner', 'admin')"
VISIBLE = f"{ME} is not null and (owner_id = {ME} or audience = 'team')"


def _policy(table: str, verb: str, using: str | None, check: str | None = None) -> None:
    parts = [f"create policy {table}_{verb} on {table} for {verb} to {APP}"]
    parts += [f"using ({using})"] if using else []
    parts += [f"with check ({check})"] if check else []
    op.execute(" ".join(parts))


def _owned(table: str) -> None:
    _policy(table, "select", VISIBLE)
    _policy(table, "insert", None, f"{WRITER} and owner_id = {ME}")
    # Whether a colleague may change a contact that its owner has locked is the trigger guard_owner's to say: a call
    # that a colleague logs still moves the locked contact's derived figures.
    _policy(table, "update", f"{WRITER} and (owner_id = {ME} or audience = 'team')", f"owner_id = {ME} or audience = 'team'")
    _policy(table, "delete", f"{WRITER} and (owner_id = {ME} or (audience = 'team' and {ADMIN}))")


def _child(table: str) -> None:
    """A child's owner and audience come from its parent by trigger, so a colleague may add to a shared parent."""
    _policy(table, "select", VISIBLE)
    mine = f"{WRITER} and (owner_id = {ME} or audience = 'team')"
    _policy(table, "insert", None, mine)
    _policy(table, "update", mine, f"owner_id = {ME} or audience = 'team'")
    _policy(table, "delete", mine)


def upgrade() -> None:
    op.execute(
        "create function app_user() returns uuid language sql stable parallel safe as "
        "$$ select nullif(current_setting('app.user_id', true), '')::uuid $$"
    )
    op.execute(
        "create function app_role() returns text language sql stable parallel safe as "
        "$$ select nullif(current_setting('app.role', true), '') $$"
    )
    for table in EVERY:
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"alter table {table} force row level security")
        # The schema's owner runs migrations and the SECURITY DEFINER functions, and never serves a page.
        op.execute(f"create policy {table}_schema_owner on {table} to current_user using (true) with check (true)")
    for table in PARENTS:
        _owned(table)
        op.execute(f"grant select, insert, update, delete on {table} to {APP}")
    for table in CHILDREN:
        _child(table)
        op.execute(f"grant select, insert, update, delete on {table} to {APP}")
    for table in OWNERS_ALONE:
        for verb in ("select", "delete"):
            _policy(table, verb, f"owner_id = {ME}")
        _policy(table, "insert", None, f"{WRITER} and owner_id = {ME}")
        _policy(table, "update", f"owner_id = {ME}", f"owner_id = {ME}")
        op.execute(f"grant select, insert, update, delete on {table} to {APP}")
    for table in PERSONAL:
        for verb in ("select", "delete"):
            _policy(table, verb, f"user_id = {ME}")
        _policy(table, "insert", None, f"user_id = {ME}")
        _policy(table, "update", f"user_id = {ME}", f"user_id = {ME}")
        op.execute(f"grant select, insert, update, delete on {table} to {APP}")
    _sign_in_tables()
    _shared_tables()
    _history_tables()


def _sign_in_tables() -> None:
    _policy("user_session", "select", f"user_id = {ME}")
    op.execute(
        "grant select (id, user_id, created_at, last_seen_at, idle_seconds, expires_at, remembered, user_agent, address, revoked_at) "
        f"on user_session to {APP}"
    )
    _policy("api_token", "select", f"user_id = {ME}")
    _policy("api_token", "insert", None, f"user_id = {ME}")
    _policy("api_token", "update", f"user_id = {ME}", f"user_id = {ME}")
    op.execute(f"grant select (id, user_id, created_at, name, prefix, scopes, expires_at, last_used_at, revoked_at) on api_token to {APP}")
    op.execute(f"grant insert on api_token to {APP}")
    op.execute(f"grant update (revoked_at) on api_token to {APP}")


def _shared_tables() -> None:
    for table in SHARED:
        _policy(table, "select", f"{ME} is not null")
        op.execute(f"grant select on {table} to {APP}")
    _policy("tag", "insert", None, WRITER)
    _policy("tag", "update", WRITER, WRITER)
    _policy("tag", "delete", WRITER)
    op.execute(f"grant insert, update, delete on tag to {APP}")
    _policy("team", "update", ADMIN, ADMIN)
    op.execute(f"grant update on team to {APP}")
    # Role, e-mail and being disabled are not among the columns that a person may change of themselves.
    _policy("user_account", "update", f"id = {ME}", f"id = {ME}")
    op.execute(f"grant update (name, time_zone, locale, theme, week_start, sidebar_collapsed, updated_at, version) on user_account to {APP}")


def _history_tables() -> None:
    _policy("change_set", "select", f"actor_id = {ME}")
    _policy("change_set", "update", f"actor_id = {ME}", f"actor_id = {ME}")
    op.execute(f"grant select on change_set to {APP}")
    op.execute(f"grant update (undone_at) on change_set to {APP}")
    _policy("change", "select", VISIBLE)
    op.execute(f"grant select on change to {APP}")


def downgrade() -> None:
    for table in reversed(EVERY):
        for verb in ("select", "insert", "update", "delete", "schema_owner"):
            op.execute(f"drop policy if exists {table}_{verb} on {table}")
        op.execute(f"alter table {table} no force row level security")
        op.execute(f"alter table {table} disable row level security")
        op.execute(f"revoke all on {table} from {APP}")
    op.execute("drop function app_role()")
    op.execute("drop function app_user()")
