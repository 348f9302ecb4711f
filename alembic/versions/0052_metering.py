"""The functions that move meters: reserve, settle, release, and what a crash left behind.

Meters of one subject tile time: every moment belongs to one at most, whatever a clock or somebody's time zone does, so no change of either
buys anything twice. A call is settled on the meters that it was reserved on. Whoever takes several meters takes them by id, so nobody waits in a circle.

Revision ID: 0052
Revises: 0051
"""

from __future__ import annotations

from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
DEFINER = "security definer set search_path = pg_catalog, public"

CLOCK = "create function ai_clock() returns timestamptz language sql volatile set search_path = pg_catalog as 'select clock_timestamp()'"

# When it is midnight on a wall there. One that is skipped is when the clocks have jumped; of two the later one, unless it was that day before it already.
MIDNIGHT = """
create function ai_midnight(here timestamp, zone text) returns timestamptz language plpgsql stable set search_path = pg_catalog, public as $$
declare found timestamptz := here at time zone zone; before timestamp := (found - interval '1 microsecond') at time zone zone;
begin
  return case when before >= here then found - (before - here) - interval '1 microsecond' else found end;
end $$
"""
BEGINS = """
create function ai_begins(moment timestamptz, period text, zone text) returns timestamptz language plpgsql stable set search_path = pg_catalog, public as $$
declare here timestamp;
begin
  here := date_trunc(period, moment at time zone zone);
  if ai_midnight(here, zone) > moment then here := here - ('1 ' || period)::interval; end if;
  return ai_midnight(here, zone);
exception when invalid_parameter_value then return ai_begins(moment, period, 'UTC');  -- a zone that this server does not know
end $$
"""
ENDS = """
create function ai_ends(moment timestamptz, period text, zone text) returns timestamptz language plpgsql stable set search_path = pg_catalog, public as $$
declare here timestamp;
begin
  here := date_trunc(period, moment at time zone zone);
  if ai_midnight(here, zone) <= moment then here := here + ('1 ' || period)::interval; end if;
  return ai_midnight(here, zone);
exception when invalid_parameter_value then return ai_ends(moment, period, 'UTC');
end $$
"""
ZONE = f"""
create function ai_zone(scope text, subject text) returns text language sql stable {DEFINER} as $$
  select coalesce(case when scope = 'user' then (select u.time_zone from user_account u where u.id = subject::uuid)
    else (select u.time_zone from user_account u where u.role = 'owner' and u.disabled_at is null order by u.created_at, u.id limit 1) end, 'UTC')
$$
"""
# The stretch of time that a meter of this moment has or would have: the one that is there, else a period in the zone of whoever it is for. After a change of
# zone the first one is never shorter than half a day or half a month, and after a clock was set back it ends where a later one begins.
SPAN = f"""
create function ai_span(scope text, subject text, period text, out meter uuid, out starts timestamptz, out ends timestamptz) language plpgsql stable {DEFINER} as $$
declare moment timestamptz := ai_clock(); zone text;
begin
  select m.id, m.starts_at, m.ends_at into meter, starts, ends from ai_meter m
    where m.scope = ai_span.scope and m.subject = ai_span.subject and m.period = ai_span.period and m.starts_at <= moment and m.ends_at > moment;
  if found then return; end if;
  zone := ai_zone(scope, subject);
  starts := greatest(ai_begins(moment, period, zone), (select max(m.ends_at) from ai_meter m
    where m.scope = ai_span.scope and m.subject = ai_span.subject and m.period = ai_span.period and m.ends_at <= moment));
  ends := ai_ends(moment, period, zone);
  if ends < starts + (case when period = 'day' then interval '12 hours' else interval '14 days' end) then ends := ai_ends(ends, period, zone); end if;
  ends := least(ends, (select min(m.starts_at) from ai_meter m
    where m.scope = ai_span.scope and m.subject = ai_span.subject and m.period = ai_span.period and m.starts_at > moment));
end $$
"""
METER = f"""
create function ai_meter_for(scope text, subject text, period text) returns uuid language plpgsql {DEFINER} as $$
declare found_one record;
begin
  found_one := ai_span(scope, subject, period);
  if found_one.meter is not null then return found_one.meter; end if;
  perform pg_advisory_xact_lock(hashtext('ai_meter'), hashtext(scope || ' ' || subject || ' ' || period));
  found_one := ai_span(scope, subject, period);
  if found_one.meter is not null then return found_one.meter; end if;
  found_one.meter := gen_random_uuid();
  insert into ai_meter (id, scope, subject, period, starts_at, ends_at, reserved, settled, overrun)
    values (found_one.meter, scope, subject, period, found_one.starts, found_one.ends, 0, 0, 0);
  return found_one.meter;
end $$
"""
# Until somebody says otherwise a person may spend a dollar a day and ten a month, and the team fifty a month. A person can ask for less than they may.
LIMIT = f"""
create function ai_limit_of(scope text, subject text, period text) returns bigint language sql stable {DEFINER} as $$
  select case when scope = 'user' then least(
      coalesce((select l.limit_micros from ai_limit l where l.scope = 'user' and l.subject = ai_limit_of.subject and l.period = ai_limit_of.period),
        (select l.limit_micros from ai_limit l where l.scope = 'user' and l.subject = '' and l.period = ai_limit_of.period),
        case when period = 'day' then 1000000 else 10000000 end),
      (select l.limit_micros from ai_limit l where l.scope = 'own' and l.subject = ai_limit_of.subject and l.period = ai_limit_of.period))
    else coalesce((select l.limit_micros from ai_limit l where l.scope = ai_limit_of.scope and l.subject = ai_limit_of.subject and l.period = ai_limit_of.period),
      case when scope = 'team' and period = 'month' then 50000000 end) end
$$
"""
COST = """
create function ai_cost(input_tokens numeric, output_tokens numeric, input_price bigint, output_price bigint) returns bigint
language sql immutable set search_path = pg_catalog as $$ select ceil((input_tokens * input_price + output_tokens * output_price) / 1000000)::bigint $$
"""
# held: what is reserved more or less; sure: what is spent more or less within what was reserved for it; extra: what was spent beyond that, which
# counts as spent while there is room and as overrun else. Room that comes free takes up overrun.
MOVE = f"""
create function ai_move(ids uuid[], held bigint, sure bigint, extra bigint) returns void language plpgsql {DEFINER} as $$
begin
  perform 1 from ai_meter m where m.id = any(ids) order by m.id for update;
  update ai_meter m set reserved = n.reserved, settled = n.spent + n.moved, overrun = n.rest - n.moved,
      ceiling = case when n.most is not null then greatest(n.most, n.reserved + n.spent + n.moved) end
    from (select b.*, case when b.most is null then b.rest else least(b.rest, greatest(0, b.most - b.reserved - b.spent)) end as moved
      from (select x.id, ai_limit_of(x.scope, x.subject, x.period) as most, x.reserved + held as reserved, x.settled + sure as spent, x.overrun + extra as rest
        from ai_meter x where x.id = any(ids)) b) n
    where m.id = n.id;
end $$
"""
METERS = f"create function ai_meters_of(meters jsonb) returns uuid[] language sql immutable {DEFINER} as $$ select array(select jsonb_array_elements_text(meters)::uuid) $$"
# How the meters of a call stand, for whoever tells of limits that are nearly reached.
STATE = f"""
create function ai_state_of(ids uuid[]) returns jsonb language sql stable {DEFINER} as $$
  select coalesce(jsonb_agg(jsonb_build_object('meter', m.id, 'scope', m.scope, 'subject', m.subject, 'period', m.period, 'ends_at', m.ends_at,
    'used', m.reserved + m.settled + m.overrun, 'spent', m.settled + m.overrun, 'limit', ai_limit_of(m.scope, m.subject, m.period))), '[]'::jsonb)
  from ai_meter m where m.id = any(ids) and (m.scope <> 'user' or m.subject = app_user()::text)
$$
"""
# Another tokenizer may count up to a quarter more than ours, and frames what it is sent in a few tokens of its own.
RESERVE = f"""
create function ai_reserve(call uuid, plan jsonb, about uuid[]) returns jsonb language plpgsql {DEFINER} as $$
declare me uuid := app_user(); cost bigint := 0; ids uuid[] := '{{}}'; meter record; refused jsonb; moment timestamptz := ai_clock();
begin
  if me is null or coalesce(app_role(), '') not in ('owner', 'admin', 'member') then raise exception 'not yours to spend' using errcode = '42501'; end if;
  if not (plan ->> 'local')::boolean then
    cost := ai_cost(ceil((plan ->> 'input_tokens')::numeric * 1.25) + 64, (plan ->> 'max_output')::numeric, (plan ->> 'input_price')::bigint, (plan ->> 'output_price')::bigint);
  end if;
  if cost < 0 then raise exception 'a call costs no less than nothing' using errcode = '22003'; end if;
  if cost > 0 then
    ids := array[ai_meter_for('feature', plan ->> 'feature', 'day'), ai_meter_for('feature', plan ->> 'feature', 'month'),
      ai_meter_for('team', '', 'day'), ai_meter_for('team', '', 'month'), ai_meter_for('user', me::text, 'day'), ai_meter_for('user', me::text, 'month')];
    perform 1 from ai_meter m where m.id = any(ids) order by m.id for update;
    select jsonb_build_object('refused', true, 'meter', m.id, 'scope', m.scope, 'subject', m.subject, 'period', m.period, 'ends_at', m.ends_at, 'limit', most,
        'left', greatest(0, most - m.reserved - m.settled - m.overrun), 'cost', cost) into refused
      from ai_meter m, lateral ai_limit_of(m.scope, m.subject, m.period) as most
      where m.id = any(ids) and m.reserved + m.settled + m.overrun + cost > most order by m.ends_at desc, m.scope desc limit 1;
    if refused is not null then return refused; end if;
    perform ai_move(ids, cost, 0, 0);
  end if;
  insert into ai_call (id, owner_id, audience, feature, skill, model_id, model_label, local, state, why, failure, via, job_id, input_price, output_price,
      input_estimate, output_most, reserved_micros, cost_micros, input_tokens, output_tokens, counted, meters, started_at, lease_until)
    select call, me, 'private', plan ->> 'feature', plan ->> 'skill', (plan ->> 'model_id')::uuid, plan ->> 'model_label', (plan ->> 'local')::boolean, 'reserved',
      plan ->> 'why', '', coalesce(current_setting('app.via', true), ''), (select j.id from job j where j.id = (plan ->> 'job_id')::uuid and j.owner_id = me),
      (plan ->> 'input_price')::bigint, (plan ->> 'output_price')::bigint, (plan ->> 'input_tokens')::bigint, (plan ->> 'max_output')::bigint,
      cost, 0, 0, 0, false, to_jsonb(ids), moment, moment + least(make_interval(secs => (plan ->> 'lease')::double precision), interval '1 hour');
  insert into ai_call_content (call_id, owner_id, audience, sent, came, kept_since)
    select call, me, 'private', plan -> 'sent', '', moment where jsonb_array_length(plan -> 'sent') > 0;
  insert into ai_call_contact (call_id, contact_id, owner_id, audience) select distinct call, one, me, 'private' from unnest(about) one;
  return jsonb_build_object('refused', false, 'cost', cost);
end $$
"""
# A call whose lease ran out, or that was let go, can turn out to have cost something after all: then that is what it cost.
SETTLE = f"""
create function ai_settle(call uuid, real_input bigint, real_output bigint, by_us boolean, said text) returns jsonb language plpgsql {DEFINER} as $$
declare c ai_call; cost bigint; cover bigint; ids uuid[];
begin
  select * into c from ai_call where id = call and owner_id = app_user() for update;
  if not found then return null; end if;
  ids := ai_meters_of(c.meters);
  if c.state <> 'settled' then
    cost := case when c.local then 0 else ai_cost(real_input, real_output, c.input_price, c.output_price) end;
    cover := case when c.state = 'released' then 0 else c.reserved_micros end;
    perform ai_move(ids, case when c.state = 'reserved' then -c.reserved_micros else 0 end,
      least(cost, cover) - case when c.state = 'unknown' then c.reserved_micros else 0 end, greatest(cost - cover, 0));
    update ai_call set state = 'settled', failure = '', cost_micros = cost, input_tokens = real_input, output_tokens = real_output, counted = by_us, ended_at = ai_clock() where id = call;
    update ai_call_content set came = said where call_id = call;
    c.cost_micros := cost;
  end if;
  return jsonb_build_object('cost', c.cost_micros, 'meters', ai_state_of(ids));
end $$
"""
RELEASE = f"""
create function ai_release(call uuid, reason text, charged boolean) returns jsonb language plpgsql {DEFINER} as $$
declare c ai_call; ids uuid[];
begin
  select * into c from ai_call where id = call and owner_id = app_user() for update;
  if not found then return null; end if;
  ids := ai_meters_of(c.meters);
  if c.state = 'reserved' then
    perform ai_move(ids, -c.reserved_micros, case when charged then c.reserved_micros else 0 end, 0);
    update ai_call set state = case when charged then 'unknown' else 'released' end, cost_micros = case when charged then reserved_micros else 0 end,
      failure = reason, ended_at = ai_clock() where id = call;
  elsif c.state = 'unknown' and not charged then
    perform ai_move(ids, 0, -c.reserved_micros, 0);
    update ai_call set state = 'released', cost_micros = 0, failure = reason where id = call;
  end if;
  return jsonb_build_object('meters', ai_state_of(ids));
end $$
"""
# What a process that died has left: nobody knows whether it was charged, so it counts in full. At most a hundred at once; how many there were.
SWEEP = f"""
create function ai_sweep() returns integer language plpgsql {DEFINER} as $$
declare c record; calls uuid[]; swept integer := 0;
begin
  calls := array(select o.id from ai_call o where o.state = 'reserved' and o.lease_until < ai_clock() order by o.lease_until limit 100 for update skip locked);
  perform 1 from ai_meter m where m.id in (select unnest(ai_meters_of(o.meters)) from ai_call o where o.id = any(calls)) order by m.id for update;
  for c in select * from ai_call o where o.id = any(calls) loop
    perform ai_move(ai_meters_of(c.meters), -c.reserved_micros, c.reserved_micros, 0);
    update ai_call set state = 'unknown', cost_micros = reserved_micros, failure = 'lost', ended_at = ai_clock() where id = c.id;
    swept := swept + 1;
  end loop;
  return swept;
end $$
"""
# What somebody may spend is an admin's to say; a person can ask for less than that themselves. NULL: as it was before anybody said anything.
SET = f"""
create function ai_set_limit(of_scope text, of_subject text, of_period text, most bigint) returns void language plpgsql {DEFINER} as $$
declare role text := coalesce(app_role(), ''); place text := case when of_scope = 'own' then 'user' else of_scope end;
begin
  if not (case when of_scope = 'own' then role in ('owner', 'admin', 'member') and of_subject is not distinct from app_user()::text
      else role in ('owner', 'admin') and app_user() is not null end) then
    raise exception 'not yours to limit' using errcode = '42501';
  end if;
  if of_scope = 'user' and of_subject <> '' and not exists (select from user_account u where u.id::text = of_subject) then
    raise exception 'no such person' using errcode = '23503';
  end if;
  if most is null then
    delete from ai_limit l where l.scope = of_scope and l.subject = of_subject and l.period = of_period;
  else
    insert into ai_limit (id, scope, subject, period, limit_micros, set_by, set_at) values (gen_random_uuid(), of_scope, of_subject, of_period, most, app_user(), ai_clock())
      on conflict (scope, subject, period) do update set limit_micros = excluded.limit_micros, set_by = excluded.set_by, set_at = excluded.set_at;
  end if;
  perform ai_move(array(select m.id from ai_meter m where m.scope = place and (of_subject = '' or m.subject = of_subject) and m.period = of_period and m.ends_at > ai_clock()), 0, 0, 0);
end $$
"""
INNER = {
    "ai_clock()": CLOCK, "ai_midnight(timestamp, text)": MIDNIGHT, "ai_begins(timestamptz, text, text)": BEGINS, "ai_ends(timestamptz, text, text)": ENDS, "ai_zone(text, text)": ZONE,
    "ai_span(text, text, text)": SPAN, "ai_meter_for(text, text, text)": METER, "ai_limit_of(text, text, text)": LIMIT,
    "ai_cost(numeric, numeric, bigint, bigint)": COST, "ai_move(uuid[], bigint, bigint, bigint)": MOVE, "ai_meters_of(jsonb)": METERS, "ai_state_of(uuid[])": STATE,
}  # fmt: skip
CALLED = {
    "ai_reserve(uuid, jsonb, uuid[])": RESERVE, "ai_settle(uuid, bigint, bigint, boolean, text)": SETTLE, "ai_release(uuid, text, boolean)": RELEASE,
    "ai_sweep()": SWEEP, "ai_set_limit(text, text, text, bigint)": SET,
}  # fmt: skip


def upgrade() -> None:
    for signature, function in (INNER | CALLED).items():
        op.execute(function)
        op.execute(f"revoke execute on function {signature} from public")
    for signature in CALLED:
        op.execute(f"grant execute on function {signature} to {APP}")


def downgrade() -> None:
    for signature in reversed(INNER | CALLED):
        op.execute(f"drop function {signature}")
