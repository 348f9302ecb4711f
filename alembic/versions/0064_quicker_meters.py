"""Reserve and settle in a third of the time: the meters of the moment are found in one query, and each limit is looked up once.

A function in a subquery that PostgreSQL takes apart runs once for every place that its value is used in: forty times a call, where there are six meters.
One in the language of SQL is planned anew at every call before PostgreSQL 18.

Revision ID: 0064
Revises: 0063
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None

DEFINER = "security definer set search_path = pg_catalog, public"

ALLOWED = "function ai_allowed(of_subject text, of_period text) returns bigint language {language} stable " + DEFINER
ALLOWED_IN_SQL = """
  select coalesce((select l.limit_micros from ai_limit l where l.scope = 'user' and l.subject = of_subject and l.period = of_period),
    (select l.limit_micros from ai_limit l where l.scope = 'user' and l.subject = '' and l.period = of_period), case when of_period = 'day' then 1000000 else 10000000 end)
"""
LIMIT = "function ai_limit_of(scope text, subject text, period text) returns bigint language {language} stable " + DEFINER
LIMIT_IN_SQL = """
  select case when scope = 'user' then least(
      ai_allowed(ai_limit_of.subject, ai_limit_of.period),
      (select l.limit_micros from ai_limit l where l.scope = 'own' and l.subject = ai_limit_of.subject and l.period = ai_limit_of.period))
    else coalesce((select l.limit_micros from ai_limit l where l.scope = ai_limit_of.scope and l.subject = ai_limit_of.subject and l.period = ai_limit_of.period),
      case when scope = 'team' and period = 'month' then 50000000 end) end
"""

METERS_BEFORE = """    ids := array[ai_meter_for('feature', plan ->> 'feature', 'day'), ai_meter_for('feature', plan ->> 'feature', 'month'),
      ai_meter_for('team', '', 'day'), ai_meter_for('team', '', 'month'), ai_meter_for('user', me::text, 'day'), ai_meter_for('user', me::text, 'month')];
"""
# The meters of one subject never overlap, so that the one of this moment is the last that has begun.
METERS = f"""    ids := array(select last.id from (values ('feature', plan ->> 'feature'), ('team', ''), ('user', me::text)) w(scope, subject)
      cross join (values ('day'), ('month')) p(period)
      cross join lateral (select m.id, m.ends_at from ai_meter m where m.scope = w.scope and m.subject = w.subject and m.period = p.period and m.starts_at <= moment
        order by m.starts_at desc limit 1) last
      where last.ends_at > moment);
    if cardinality(ids) <> 6 then
{METERS_BEFORE}    end if;
"""
ROOM_BEFORE = "lateral ai_limit_of(m.scope, m.subject, m.period) as most"
ROOM = "lateral (select ai_limit_of(m.scope, m.subject, m.period) as most offset 0) once"
MOVED_BEFORE = "from ai_meter x where x.id = any(ids)) b) n"
MOVED = "from ai_meter x where x.id = any(ids) offset 0) b) n"
PARTS = (
    ("ai_reserve(uuid, jsonb, uuid[])", METERS_BEFORE, METERS),
    ("ai_reserve(uuid, jsonb, uuid[])", ROOM_BEFORE, ROOM),
    ("ai_move(uuid[], bigint, bigint, bigint)", MOVED_BEFORE, MOVED),
)


def upgrade() -> None:
    for head, said in ((ALLOWED, ALLOWED_IN_SQL), (LIMIT, LIMIT_IN_SQL)):
        op.execute(f"create or replace {head.format(language='plpgsql')} as $$ begin return ({said}); end $$")
    for signature, before, now in PARTS:
        _rewrite(signature, before, now)


def downgrade() -> None:
    for signature, before, now in reversed(PARTS):
        _rewrite(signature, now, before)
    for head, said in ((LIMIT, LIMIT_IN_SQL), (ALLOWED, ALLOWED_IN_SQL)):
        op.execute(f"create or replace {head.format(language='sql')} as $$ {said} $$")


def _rewrite(signature: str, before: str, now: str) -> None:
    """Make the function anew with one part of it in other words; what later revisions put into it stays."""
    definition = op.get_bind().execute(sa.text("select pg_get_functiondef(cast(:name as regprocedure))"), {"name": signature}).scalar_one()
    if before not in definition:
        raise RuntimeError(f"{signature} does not hold what this revision rewrites")
    op.execute(definition.replace(before, now))
