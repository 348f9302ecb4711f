"""How limits stand and what was spent, in figures: of everybody for those who manage the team, of oneself for everyone else.

Revision ID: 0059
Revises: 0058
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
DEFINER = "security definer set search_path = pg_catalog, public"
BOSS = "coalesce(app_role(), '') in ('owner', 'admin') and app_user() is not null"
WRITERS = "('owner', 'admin', 'member')"
SEES_BEFORE = "if not exists (select from pg_attribute where attrelid = place"
# A meter has no owner: everybody in the team may know of the team's, and each of their own.
SEES = (
    "if table_name = 'ai_meter' then return exists (select from ai_meter m where m.id = row_id and (m.scope <> 'user' or m.subject = who::text)); end if;\n  "
    + SEES_BEFORE
)

# What an admin lets a person spend, before what they ask of themselves.
ALLOWED = f"""
create function ai_allowed(of_subject text, of_period text) returns bigint language sql stable {DEFINER} as $$
  select coalesce((select l.limit_micros from ai_limit l where l.scope = 'user' and l.subject = of_subject and l.period = of_period),
    (select l.limit_micros from ai_limit l where l.scope = 'user' and l.subject = '' and l.period = of_period), case when of_period = 'day' then 1000000 else 10000000 end)
$$
"""
ALLOWED_BEFORE = """coalesce((select l.limit_micros from ai_limit l where l.scope = 'user' and l.subject = ai_limit_of.subject and l.period = ai_limit_of.period),
        (select l.limit_micros from ai_limit l where l.scope = 'user' and l.subject = '' and l.period = ai_limit_of.period),
        case when period = 'day' then 1000000 else 10000000 end)"""
ALLOWED_NOW = "ai_allowed(ai_limit_of.subject, ai_limit_of.period)"
STANDING_OF = f"""
create function ai_standing_of(of_scope text, of_subject text, of_period text) returns jsonb language sql stable {DEFINER} as $$
  select jsonb_build_object('scope', of_scope, 'subject', of_subject, 'period', of_period, 'starts_at', s.starts, 'ends_at', s.ends,
    'limit_micros', ai_limit_of(of_scope, of_subject, of_period),
    'allowed_micros', case when of_scope = 'user' then ai_allowed(of_subject, of_period) else ai_limit_of(of_scope, of_subject, of_period) end,
    'given_micros', (select l.limit_micros from ai_limit l where l.scope = of_scope and l.subject = of_subject and l.period = of_period),
    'own_micros', (select l.limit_micros from ai_limit l where of_scope = 'user' and l.scope = 'own' and l.subject = of_subject and l.period = of_period),
    'reserved_micros', coalesce(m.reserved, 0), 'spent_micros', coalesce(m.settled + m.overrun, 0), 'overrun_micros', coalesce(m.overrun, 0))
  from ai_span(of_scope, of_subject, of_period) s left join ai_meter m on m.id = s.meter
$$
"""
STANDING = f"""
create function ai_standing() returns jsonb language sql stable {DEFINER} as $$
  select coalesce(jsonb_agg(ai_standing_of(w.scope, w.subject, p.period) order by w.place, w.subject, p.period), '[]'::jsonb) from (
      select 1 as place, 'user' as scope, app_user()::text as subject union all select 2, 'team', ''
      union all select 3, 'feature', f.subject from (select l.subject from ai_limit l where l.scope = 'feature'
        union select m.subject from ai_meter m where m.scope = 'feature' and m.ends_at > ai_clock()) f
    ) w cross join (values ('day'), ('month')) p(period) where app_user() is not null
$$
"""
PEOPLE = f"""
create function ai_people_standing() returns jsonb language sql stable {DEFINER} as $$
  select coalesce(jsonb_agg(ai_standing_of('user', u.id::text, p.period) || jsonb_build_object('name', u.name) order by u.name, u.id, p.period), '[]'::jsonb)
  from user_account u cross join (values ('day'), ('month')) p(period) where {BOSS} and u.disabled_at is null and u.role in {WRITERS}
$$
"""
# By which columns a report adds up: each line is a sum over all calls, or over those of one day, one person, one feature, one model.
_PLACE = "(select case when not exists (select from pg_timezone_names n where n.name = zone) then 'UTC' else zone end)"
_CALLS = f"""
  with given as materialized (select {_PLACE} as place), called as (
    select (c.started_at at time zone g.place)::date as day, c.owner_id, c.feature, c.skill, c.model_label, c.cost_micros, c.input_tokens, c.output_tokens,
      case when c.state = 'reserved' then c.reserved_micros else 0 end as held
    from ai_call c, given g where c.started_at >= first and c.started_at < until and (c.owner_id = app_user() or (everybody and {BOSS})))
"""
_SUMS = "count(*), coalesce(sum(cost_micros), 0)::bigint, coalesce(sum(held), 0)::bigint, coalesce(sum(input_tokens), 0)::bigint, coalesce(sum(output_tokens), 0)::bigint"
_FIGURES = "calls bigint, spent_micros bigint, reserved_micros bigint, input_tokens bigint, output_tokens bigint"
REPORT = f"""
create function ai_report(first timestamptz, until timestamptz, zone text, everybody boolean)
returns table (part text, day date, owner_id uuid, feature text, model text, {_FIGURES}) language sql stable {DEFINER} as $$ {_CALLS}
  select case grouping(x.day, x.owner_id, x.feature, x.model_label) when 7 then 'day' when 11 then 'person' when 13 then 'feature' when 14 then 'model' else 'all' end,
    x.day, x.owner_id, x.feature, x.model_label, {_SUMS}
  from called x group by grouping sets ((), (x.day), (x.owner_id), (x.feature), (x.model_label))
$$
"""
LINES = f"""
create function ai_report_lines(first timestamptz, until timestamptz, zone text, everybody boolean)
returns table (day date, person text, feature text, skill text, model text, {_FIGURES}) language sql stable {DEFINER} as $$ {_CALLS}
  select x.day, u.name, x.feature, x.skill, x.model_label, {_SUMS}
  from called x join user_account u on u.id = x.owner_id group by x.day, u.id, u.name, x.feature, x.skill, x.model_label
  order by x.day, u.name, u.id, x.feature, x.skill, x.model_label
$$
"""
# What was sent and what came is kept for a while, and so is of whom it spoke; what it cost stays.
TIDY = f"""
create function ai_tidy(keep interval) returns integer language plpgsql {DEFINER} as $$
declare gone integer;
begin
  delete from ai_call_content where kept_since < ai_clock() - keep;
  get diagnostics gone = row_count;
  delete from ai_call_contact a using ai_call c where c.id = a.call_id and c.started_at < ai_clock() - keep;
  return gone;
end $$
"""
FUNCTIONS = {
    "ai_allowed(text, text)": ALLOWED, "ai_standing_of(text, text, text)": STANDING_OF, "ai_standing()": STANDING, "ai_people_standing()": PEOPLE,
    "ai_report(timestamptz, timestamptz, text, boolean)": REPORT, "ai_report_lines(timestamptz, timestamptz, text, boolean)": LINES, "ai_tidy(interval)": TIDY,
}  # fmt: skip


def upgrade() -> None:
    for signature, function in FUNCTIONS.items():
        op.execute(function)
        op.execute(f"revoke execute on function {signature} from public")
    for signature in list(FUNCTIONS)[2:]:
        op.execute(f"grant execute on function {signature} to {APP}")
    _rewrite("ai_limit_of(text, text, text)", ALLOWED_BEFORE, ALLOWED_NOW)
    _rewrite("sees_row(uuid, text, uuid)", SEES_BEFORE, SEES)


def downgrade() -> None:
    _rewrite("sees_row(uuid, text, uuid)", SEES, SEES_BEFORE)
    _rewrite("ai_limit_of(text, text, text)", ALLOWED_NOW, ALLOWED_BEFORE)
    for signature in reversed(FUNCTIONS):
        op.execute(f"drop function {signature}")


def _rewrite(signature: str, before: str, now: str) -> None:
    """Make the function anew with one part of it in other words; what later revisions put into it stays."""
    definition = op.get_bind().execute(sa.text("select pg_get_functiondef(cast(:name as regprocedure))"), {"name": signature}).scalar_one()
    if before not in definition:
        raise RuntimeError(f"{signature} does not hold what this revision rewrites")
    op.execute(definition.replace(before, now))
