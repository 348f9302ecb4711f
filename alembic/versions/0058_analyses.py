"""What a model made of a record: kept for whoever it was made for, with what it was made of, so that it goes as soon as any of that may not be read.

An analysis is its owner's alone, since it was read out of what they may see. Which records went into it stands beside it in rows of their own
(``analysis_part``), by which triggers find it: a person or an entry that assistants may no longer read, that was deleted, or that its owner has
taken from the others' sight takes along every analysis that knows of it.

Revision ID: 0058
Revises: 0057
"""

from __future__ import annotations

import re

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
ME = "(select app_user())"
WRITER = "(select app_role()) in ('owner', 'admin', 'member')"
DEFINER = "security definer set search_path = pg_catalog, public"
KEPT_BEFORE, KEPT = "'mail_rule', ", "'mail_rule', 'analysis', 'analysis_part', "

PART = f"""
create function analysis_part_of() returns trigger language plpgsql {DEFINER} as $$
begin
  if app_user() is null then return new; end if;
  if not exists (select from analysis a where a.id = new.analysis_id and a.owner_id = new.owner_id) then
    raise exception 'no such analysis' using errcode = '23503';
  end if;
  return new;
end $$
"""

# What a model thinks of an entry's mood is derived from its words: it makes nobody's open form stale, and is no change of a person's.
SENTIMENT = ("sentiment", "sentiment_confidence")

# Open pages hear by the record that it is about.
NOTICE = f"""
create function analysis_notice() returns trigger language plpgsql {DEFINER} as $$
declare row_now jsonb := to_jsonb(case when tg_op = 'DELETE' then old else new end);
begin
  perform pg_notify('crm_changes', jsonb_build_object('topic', 'analysis', 'owner', row_now -> 'owner_id', 'audience', 'private',
    'ids', jsonb_build_array(row_now -> 'subject_id'), 'change_set', nullif(current_setting('app.change_set', true), ''))::text);
  return null;
end $$
"""

# What is gone or may not be read any more takes along what was made of it; what one person alone may see still is theirs. Of a mail the entry is known.
GONE = f"""
create function analyses_leave() returns trigger language plpgsql {DEFINER} as $$
declare was jsonb := to_jsonb(old); now_is jsonb := case when tg_op = 'DELETE' then null else to_jsonb(new) end; known uuid;
begin
  known := case when tg_table_name in ('email_subject', 'email_body') then (select e.interaction_id from email e where e.id = (was ->> 'email_id')::uuid)
    else (was ->> case tg_table_name when 'email' then 'interaction_id' else 'id' end)::uuid end;
  if tg_op = 'DELETE' or (now_is ->> 'deleted_at' is not null and was ->> 'deleted_at' is null)
      or (not coalesce((now_is ->> 'ai_allowed')::boolean, true) and coalesce((was ->> 'ai_allowed')::boolean, true))
      or (not coalesce((now_is ->> 'ai_consent')::boolean, true) and coalesce((was ->> 'ai_consent')::boolean, true))
      or (coalesce((now_is ->> 'private')::boolean, false) and not coalesce((was ->> 'private')::boolean, false)) then
    delete from analysis a using analysis_part p where p.analysis_id = a.id and p.ref_id = known;
  elsif now_is ->> 'audience' = 'private' and was ->> 'audience' <> 'private' then
    delete from analysis a using analysis_part p where p.analysis_id = a.id and p.ref_id = known and a.owner_id <> (was ->> 'owner_id')::uuid;
  end if;
  return null;
end $$
"""

# An entry that somebody comes to stand on who does not agree may not be read any more.
JOINED = f"""
create function analyses_leave_joined() returns trigger language plpgsql {DEFINER} as $$
begin
  delete from analysis a using added n, analysis_part p, contact c
    where p.ref_id = (to_jsonb(n) ->> tg_argv[0])::uuid and a.id = p.analysis_id and c.id = n.contact_id and not (c.ai_allowed and c.ai_consent);
  return null;
end $$
"""

# What stands apart of a contact is read where the team says so and the contact agrees to health notes: without that nothing stays that knows of it.
NARROWED = f"""
create function analyses_leave_team() returns trigger language plpgsql {DEFINER} as $$
begin
  delete from analysis a using analysis_part p, contact c where p.analysis_id = a.id and c.id = p.ref_id;
  return null;
end $$
"""
WITHDRAWN = f"""
create function analyses_leave_withdrawn() returns trigger language plpgsql {DEFINER} as $$
begin
  delete from analysis a using analysis_part p where p.analysis_id = a.id and p.ref_id = new.contact_id;
  return null;
end $$
"""

# Whose analyses wait to be made, and whose turn may have come; ids alone, for a clock that is nobody.
DUE = f"""
create function people_with_due_analyses(moment timestamptz) returns setof uuid language sql stable {DEFINER} as $$
  select distinct a.owner_id from analysis a join user_account u on u.id = a.owner_id
    where a.state = 'pending' and a.run_after <= moment and u.disabled_at is null and u.role in ('owner', 'admin', 'member')
$$
"""
FUNCTIONS = {
    "analysis_part_of()": PART, "analysis_notice()": NOTICE, "analyses_leave()": GONE, "analyses_leave_joined()": JOINED, "analyses_leave_team()": NARROWED,
    "analyses_leave_withdrawn()": WITHDRAWN, "people_with_due_analyses(timestamptz)": DUE,
}  # fmt: skip
WATCHED = {
    "contact": "audience, deleted_at, ai_allowed, ai_consent", "interaction": "audience, deleted_at, ai_allowed", "task": "audience, deleted_at",
    "goal": "audience, deleted_at", "programme": "audience, deleted_at", "event": "audience, private", "email": "audience", "email_subject": "audience", "email_body": "audience",
}  # fmt: skip
LINKS = {"interaction_contact": "interaction_id", "event_contact": "event_id", "task_contact": "task_id"}
TRIGGERS = (
    ("analysis", "analysis_guard before update on analysis for each row execute function guard_owner('')"),
    ("analysis", "analysis_notice after insert or update or delete on analysis for each row execute function analysis_notice()"),
    ("analysis_part", "analysis_part_of before insert on analysis_part for each row execute function analysis_part_of()"),
    *((table, f"{table}_analyses after delete or update of {columns} on {table} for each row execute function analyses_leave()") for table, columns in WATCHED.items()),
    *(
        (table, f"{table}_analyses after insert on {table} referencing new table as added for each statement execute function analyses_leave_joined('{key}')")
        for table, key in LINKS.items()
    ),
    ("team", "team_analyses after update of ai_reads on team for each row when (old.ai_reads is distinct from new.ai_reads) execute function analyses_leave_team()"),
    (
        "consent",
        "consent_analyses after insert on consent for each row when (new.action = 'withdrawn' and new.purpose in ('ai', 'health_notes')) "
        "execute function analyses_leave_withdrawn()",
    ),
)


def upgrade() -> None:
    _analysis()
    _part()
    for table in ("analysis", "analysis_part"):
        _secure(table)
    for signature, function in FUNCTIONS.items():
        op.execute(function)
        op.execute(f"revoke execute on function {signature} from public")
    op.execute(f"grant execute on function people_with_due_analyses(timestamptz) to {APP}")
    for _, trigger in TRIGGERS:
        op.execute(f"create trigger {trigger}")
    _rewrite("team_owned_tables(boolean)", KEPT_BEFORE, KEPT)
    op.add_column("interaction", sa.Column("sentiment_confidence", sa.Float(), nullable=True))
    for name in SENTIMENT:
        _look_past("interaction", add=name)


def downgrade() -> None:
    for name in SENTIMENT:
        _look_past("interaction", drop=name)
    op.execute("update interaction set sentiment = null where sentiment_confidence is not null")
    op.drop_column("interaction", "sentiment_confidence")
    _rewrite("team_owned_tables(boolean)", KEPT, KEPT_BEFORE)
    for table, trigger in TRIGGERS:
        op.execute(f"drop trigger {trigger.partition(' ')[0]} on {table}")
    op.drop_table("analysis_part")
    op.drop_table("analysis")
    for signature in FUNCTIONS:
        op.execute(f"drop function {signature}")


def _owned() -> list[sa.Column]:
    return [
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), server_default=sa.text("'team'"), nullable=False),
    ]


def _analysis() -> None:
    op.create_table(
        "analysis",
        *_owned(),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("skill", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("wanted_of", sa.Text(), nullable=False),
        sa.Column("made_of", sa.Text(), nullable=False),
        sa.Column("value", postgresql.JSONB(), nullable=True),
        sa.Column("sources", postgresql.JSONB(), nullable=False),
        sa.Column("model_label", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("cost_micros", sa.BigInteger(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("run_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("audience in ('private', 'team')", name="analysis_audience_known"),
        sa.CheckConstraint("subject_kind in ('contact', 'interaction', 'event', 'mail', 'task', 'day')", name="analysis_subject_kind_known"),
        sa.CheckConstraint("state in ('pending', 'done', 'failed')", name="analysis_state_known"),
        sa.CheckConstraint("state <> 'done' or value is not null", name="analysis_done_has_value"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("analysis_of_subject", "analysis", ["owner_id", "subject_kind", "subject_id", "skill"], unique=True)
    op.create_index("analysis_due", "analysis", ["run_after"], postgresql_where=sa.text("state = 'pending'"))


def _part() -> None:
    op.create_table(
        "analysis_part",
        *_owned(),
        sa.Column("analysis_id", sa.Uuid(), nullable=False),
        sa.Column("ref_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("audience in ('private', 'team')", name="analysis_part_audience_known"),
        sa.ForeignKeyConstraint(["analysis_id"], ["analysis.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("analysis_id", "ref_id"),
    )
    op.create_index("analysis_part_of_record", "analysis_part", ["ref_id"])


def _secure(table: str) -> None:
    """What the application may do with a table: its owner reads and, as a writer, writes it; nobody else does either."""
    mine = f"owner_id = {ME} and audience = 'private'"
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    op.execute(f"create policy {table}_schema_owner on {table} to current_user using (true) with check (true)")
    op.execute(f"create policy {table}_select on {table} for select to {APP} using (owner_id = {ME})")
    op.execute(f"create policy {table}_insert on {table} for insert to {APP} with check ({WRITER} and {mine})")
    op.execute(f"create policy {table}_update on {table} for update to {APP} using ({WRITER} and {mine}) with check ({mine})")
    op.execute(f"create policy {table}_delete on {table} for delete to {APP} using ({WRITER} and owner_id = {ME})")
    op.execute(f"grant select, insert, update, delete on {table} to {APP}")


def _look_past(table: str, *, add: str = "", drop: str = "") -> None:
    """Name one more derived column, or one less, in the triggers that look past them; what other revisions named stays."""
    definitions = op.get_bind().execute(
        sa.text(
            "select pg_get_triggerdef(t.oid) from pg_trigger t join pg_proc p on p.oid = t.tgfoid "
            "where t.tgrelid = cast(:table as regclass) and p.proname in ('touch_row', 'guard_owner', 'record_change')"
        ),
        {"table": table},
    )
    for definition in definitions.scalars().all():
        begin, derived, _ = re.fullmatch(r"CREATE TRIGGER (.*)\('(.*)'\)()", definition, re.DOTALL).groups()
        names = [name for name in dict.fromkeys([*derived.split(","), add]) if name not in ("", drop)]
        op.execute(f"create or replace trigger {begin}('{','.join(names)}')")


def _rewrite(signature: str, before: str, now: str) -> None:
    """Make the function anew with one part of it in other words; what later revisions put into it stays."""
    definition = op.get_bind().execute(sa.text("select pg_get_functiondef(cast(:name as regprocedure))"), {"name": signature}).scalar_one()
    if before not in definition:
        raise RuntimeError(f"{signature} does not hold what this revision rewrites")
    op.execute(definition.replace(before, now))
