"""What may no longer be read for AI takes along what waits because of it: suggestions that speak of it are withdrawn, with all that they said.

A mood that a model read out of an entry goes as well. Whose suggestion it was is told by a clock that comes within a minute: until then ``decided_at``
is null. Nothing that speaks of somebody who said no begins to wait again, and whoever suggests while somebody says no waits for that to be settled.

Revision ID: 0066
Revises: 0065
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
DEFINER = "security definer set search_path = pg_catalog, public"
STATES_BEFORE = "'pending', 'executed', 'rejected', 'expired'"
STATES = f"{STATES_BEFORE}, 'withdrawn'"
ID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

# Everybody whom it names, and everybody on a record that it names.
PEOPLE = f"""
create function suggestion_people(s suggestion) returns setof uuid language sql stable {DEFINER} as $$
  with named as materialized (
    select distinct (found)[1]::uuid as id from regexp_matches(concat_ws(' ', s.contact_id, s.task_id, s.payload, s.sources), '{ID}', 'g') found)
  select c.id from contact c join named using (id)
  union select l.contact_id from interaction_contact l join named on named.id = l.interaction_id
  union select l.contact_id from event_contact l join named on named.id = l.event_id where l.how <> 'removed'
  union select l.contact_id from task_contact l join named on named.id = l.task_id
  union select l.contact_id from email_contact l join named on named.id = l.email_id where l.how <> 'removed'
  union select g.contact_id from goal g join named using (id) where g.contact_id is not null
  union select p.contact_id from programme p join named using (id)
$$
"""

# People are held, so that one who says no meanwhile is waited for; whoever comes later finds the row.
STANDS = f"""
create function suggestion_stands() returns trigger language plpgsql {DEFINER} as $$
begin
  if new.state = 'pending' and (tg_op = 'INSERT' or old.state <> 'pending') and app_user() is not null then
    perform 1 from contact c where c.id in (select suggestion_people(new)) order by c.id for share;
    if exists (select from contact c where c.id in (select suggestion_people(new)) and (not c.ai_allowed or (not c.ai_consent
          and exists (select from consent e where e.contact_id = c.id and e.purpose = 'ai' and e.action = 'withdrawn'))))
        or exists (select from interaction i where not i.ai_allowed
          and i.id in (select (one ->> 'id')::uuid from jsonb_array_elements(new.sources) one)) then
      new.state := 'withdrawn';
    end if;
  end if;
  if new.state = 'withdrawn' and (tg_op = 'INSERT' or old.state <> 'withdrawn') then
    new.payload := '{{}}'; new.sources := '[]'; new.result := '{{}}';
    new.rationale := ''; new.reason := ''; new.decided_at := null; new.snoozed_until := null; new.change_set_id := null;
  end if;
  return new;
end $$
"""

LEAVE = f"""
create function suggestions_leave() returns trigger language plpgsql {DEFINER} as $$
begin
  if tg_table_name in ('contact', 'consent') then
    update suggestion s set state = 'withdrawn' where s.state = 'pending'
      and (case when tg_table_name = 'contact' then to_jsonb(new) ->> 'id' else to_jsonb(new) ->> 'contact_id' end)::uuid in (select suggestion_people(s));
  else
    update suggestion s set state = 'withdrawn' where s.state = 'pending' and strpos(s.sources::text, new.id::text) > 0;
  end if;
  return null;
end $$
"""

MOODS = f"""
create function moods_leave() returns trigger language plpgsql {DEFINER} as $$
begin
  if tg_table_name = 'contact' then
    update interaction i set sentiment = null, sentiment_confidence = null from interaction_contact l
      where l.contact_id = new.id and i.id = l.interaction_id and i.sentiment_confidence is not null;
  else
    update interaction i set sentiment = null, sentiment_confidence = null where i.id = new.id and i.sentiment_confidence is not null;
  end if;
  return null;
end $$
"""

UNTOLD = f"""
create function untold_suggestions() returns table (id uuid, owner uuid) language sql stable {DEFINER} as $$
  select s.id, s.owner_id from suggestion s join user_account u on u.id = s.owner_id and u.disabled_at is null and u.role in ('owner', 'admin', 'member')
    where s.state = 'withdrawn' and s.decided_at is null order by s.id limit 500
$$
"""
FUNCTIONS = {
    "suggestion_people(suggestion)": PEOPLE, "suggestion_stands()": STANDS, "suggestions_leave()": LEAVE, "moods_leave()": MOODS, "untold_suggestions()": UNTOLD,
}  # fmt: skip
NO_LONGER = "(old.ai_allowed and not new.ai_allowed)"
REFUSED = f"({NO_LONGER} or (old.ai_consent and not new.ai_consent))"
HEALTH = "(new.purpose = 'health_notes' and new.action = 'withdrawn')"
TRIGGERS = (
    ("suggestion", "suggestion_stands before insert or update of state on suggestion for each row execute function suggestion_stands()"),
    ("contact", f"contact_suggestions after update of ai_allowed, ai_consent on contact for each row when {REFUSED} execute function suggestions_leave()"),
    ("contact", f"contact_moods after update of ai_allowed, ai_consent on contact for each row when {REFUSED} execute function moods_leave()"),
    ("interaction", f"interaction_suggestions after update of ai_allowed on interaction for each row when {NO_LONGER} execute function suggestions_leave()"),
    ("interaction", f"interaction_moods after update of ai_allowed on interaction for each row when {NO_LONGER} execute function moods_leave()"),
    ("event", "event_suggestions after update of private on event for each row when (new.private and not old.private) execute function suggestions_leave()"),
    ("consent", f"consent_suggestions after insert on consent for each row when {HEALTH} execute function suggestions_leave()"),
)
TIDY_BEFORE, TIDY = "state <> 'pending' and decided_at < moment", "state <> 'pending' and coalesce(decided_at, updated_at) < moment"


def upgrade() -> None:
    _states(STATES)
    for signature, function in FUNCTIONS.items():
        op.execute(function)
        op.execute(f"revoke execute on function {signature} from public")
    op.execute(f"grant execute on function untold_suggestions() to {APP}")
    for _table, trigger in TRIGGERS:
        op.execute(f"create trigger {trigger}")
    _rewrite("tidy_suggestions(timestamptz)", TIDY_BEFORE, TIDY)


def downgrade() -> None:
    _rewrite("tidy_suggestions(timestamptz)", TIDY, TIDY_BEFORE)
    for table, trigger in TRIGGERS:
        op.execute(f"drop trigger {trigger.partition(' ')[0]} on {table}")
    for signature in FUNCTIONS:
        op.execute(f"drop function {signature}")
    op.execute("delete from suggestion where state = 'withdrawn'")
    _states(STATES_BEFORE)


def _states(known: str) -> None:
    op.drop_constraint("suggestion_state_known", "suggestion")
    op.create_check_constraint("suggestion_state_known", "suggestion", f"state in ({known})")


def _rewrite(signature: str, before: str, now: str) -> None:
    """Make the function anew with one part of it in other words; what later revisions put into it stays."""
    definition = op.get_bind().execute(sa.text("select pg_get_functiondef(cast(:name as regprocedure))"), {"name": signature}).scalar_one()
    if before not in definition:
        raise RuntimeError(f"{signature} does not hold what this revision rewrites")
    op.execute(definition.replace(before, now))
