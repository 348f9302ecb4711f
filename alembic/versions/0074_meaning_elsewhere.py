"""Search by meaning may be given to a model of a provider that the team has set up: which one that is, for the clock, which is nobody; whom a text
speaks of; how far the reading has come and why it waits; how much there would be to read, and how fast it went. What is read takes no place of a question.

Revision ID: 0074
Revises: 0073
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0074"
down_revision = "0073"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
DEFINER = "security definer set search_path = pg_catalog, public"
NOBODY = "'00000000-0000-0000-0000-000000000000'::uuid"
WORTH = "(i.source <> 'sync' or i.kind <> 'email') and (i.subject <> '' or i.body <> '')"
AGREES = "c.ai_allowed and c.deleted_at is null and c.ai_consent"

# What its vectors can be compared with is a model's name at an address, whoever entered it and whatever it is called here. The owner of the team pays
# for what is read of nobody.
CHOSEN = f"""
create function meaning_chosen() returns table(model_id uuid, key text, context_tokens int, payer uuid) language sql stable {DEFINER} as $$
  select m.id, 'gateway ' || md5(concat_ws(' ', p.provider, p.base_url, m.name)), m.context_tokens,
    (select u.id from user_account u where u.role = 'owner' and u.disabled_at is null order by u.id limit 1)
  from ai_feature f join ai_model m on m.id = f.model_id join ai_provider p on p.id = m.provider_id
  where f.feature = 'search' and p.audience = 'team'
$$
"""

# Everybody of whom a text of one's own speaks, whether one sees them or not: who cannot be named is not sent either.
CONCERNS = f"""
create function meaning_concerns(source uuid) returns uuid[] language sql stable {DEFINER} as $$
  select array(
    select l.contact_id from meaning_source s join interaction_contact l on l.interaction_id = s.interaction_id where s.id = source and s.owner_id = app_user()
    union
    select l.contact_id from meaning_source s join email_contact l on l.email_id = s.email_id
      where s.id = source and s.owner_id = app_user() and l.how <> 'removed')
$$
"""

PAUSE = f"""
create function meaning_pause(why text, ends timestamptz) returns void language sql {DEFINER} as $$
  insert into meaning_state (id, model, local, common, paused, paused_until) values (1, '', true, '', why, ends)
    on conflict (id) do update set paused = why, paused_until = ends where (meaning_state.paused, meaning_state.paused_until) is distinct from (why, ends)
$$
"""

# Sums alone, over everybody's texts: texts that are known of or still to be taken up, those that wait, and the passages that are kept.
PROGRESS = f"""
create function meaning_progress() returns table(texts bigint, waiting bigint, passages bigint) language sql stable {DEFINER} as $$
  with left_over as (
    select (select count(*) from interaction i where i.id > coalesce(s.entries_to, {NOBODY}) and {WORTH}
        and not exists (select from meaning_source k where k.interaction_id = i.id))
      + (select count(*) from email_body b where b.email_id > coalesce(s.mails_to, {NOBODY})
        and not exists (select from meaning_source k where k.email_id = b.email_id)) as texts
    from meaning_state s where s.model <> ''
  ), known as (select count(*) as texts, count(*) filter (where due) as due from meaning_source)
  select k.texts + coalesce(l.texts, 0), k.due + coalesce(l.texts, 0), (select count(*) from meaning_chunk) from known k left join left_over l on true
$$
"""

# As a model elsewhere would be sent it: of texts that AI may read and everybody in them agrees to, the title before each passage of 400 letters.
LETTERS = "least(length({body}), 25000) + length({title}) * (1 + least(length({body}), 25000) / 400)"
ESTIMATE = f"""
create function meaning_estimate() returns table(texts bigint, letters bigint) language sql stable {DEFINER} as $$
  select count(*), coalesce(sum(found.letters), 0)::bigint from (
    select {LETTERS.format(body="i.body", title="i.subject")} as letters from interaction i
      where i.deleted_at is null and i.ai_allowed and {WORTH} and exists (select from interaction_contact l where l.interaction_id = i.id)
        and not exists (select from interaction_contact l join contact c on c.id = l.contact_id where l.interaction_id = i.id and not ({AGREES}))
    union all
    select {LETTERS.format(body="b.text", title="coalesce(s.subject, '')")} from email_body b join email e on e.id = b.email_id
      left join email_subject s on s.email_id = b.email_id
      where not exists (select from interaction i where i.id = e.interaction_id and not i.ai_allowed)
        and exists (select from email_contact l where l.email_id = b.email_id and l.how <> 'removed')
        and not exists (select from email_contact l join contact c on c.id = l.contact_id where l.email_id = b.email_id and l.how <> 'removed' and not ({AGREES}))
  ) found where app_role() in ('owner', 'admin')
$$
"""

# Tokens a second of whole batches, as they were read of late; nothing where none was.
SPEED = f"""
create function meaning_speed(model uuid) returns double precision language sql stable {DEFINER} as $$
  select sum(last.input_tokens) / nullif(sum(extract(epoch from last.ended_at - last.started_at)), 0) from (
    select c.input_tokens, c.ended_at, c.started_at from ai_call c
      where c.model_id = model and c.skill = 'embedding' and c.state = 'settled' and c.input_tokens >= 500 and c.started_at > now() - interval '90 days'
      order by c.started_at desc limit 100
  ) last where app_role() in ('owner', 'admin')
$$
"""

FUNCTIONS = {
    "meaning_chosen()": CHOSEN, "meaning_concerns(uuid)": CONCERNS, "meaning_pause(text, timestamptz)": PAUSE, "meaning_progress()": PROGRESS,
    "meaning_estimate()": ESTIMATE, "meaning_speed(uuid)": SPEED,
}  # fmt: skip
FOLLOW, RESERVE = "meaning_follow(text, boolean, bytea)", "ai_reserve(uuid, jsonb, uuid[])"
BEGINS, BEGINS_ANEW = "entries_to = null, mails_to = null", "entries_to = null, mails_to = null, paused = '', paused_until = null"
UNDER_WAY = "c.owner_id = me and c.state = 'reserved' and c.lease_until > ai_clock()\n"
QUESTIONS = UNDER_WAY.replace("\n", " and c.skill <> 'embedding'\n")


def upgrade() -> None:
    op.add_column("ai_feature", sa.Column("model_id", sa.Uuid(), nullable=True))
    op.create_foreign_key("ai_feature_model_id_fkey", "ai_feature", "ai_model", ["model_id"], ["id"], ondelete="SET NULL")
    op.create_index("ai_feature_by_model", "ai_feature", ["model_id"])
    op.create_check_constraint("ai_feature_model_of_search", "ai_feature", "model_id is null or feature = 'search'")
    op.add_column("meaning_state", sa.Column("paused", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("meaning_state", sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True))
    for signature, function in FUNCTIONS.items():
        op.execute(function)
        op.execute(f"revoke execute on function {signature} from public")
        op.execute(f"grant execute on function {signature} to {APP}")
    _rewrite(FOLLOW, BEGINS, BEGINS_ANEW)
    _rewrite(RESERVE, UNDER_WAY, QUESTIONS)


def downgrade() -> None:
    _rewrite(RESERVE, QUESTIONS, UNDER_WAY)
    _rewrite(FOLLOW, BEGINS_ANEW, BEGINS)
    for signature in reversed(FUNCTIONS):
        op.execute(f"drop function {signature}")
    op.drop_column("meaning_state", "paused_until")
    op.drop_column("meaning_state", "paused")
    op.drop_constraint("ai_feature_model_of_search", "ai_feature")
    op.drop_index("ai_feature_by_model", "ai_feature")
    op.drop_constraint("ai_feature_model_id_fkey", "ai_feature")
    op.drop_column("ai_feature", "model_id")


def _rewrite(signature: str, before: str, now: str) -> None:
    """Make the function anew with one part of it in other words."""
    definition = op.get_bind().execute(sa.text("select pg_get_functiondef(cast(:name as regprocedure))"), {"name": signature}).scalar_one()
    if before not in definition:
        raise RuntimeError(f"{signature} does not hold what this revision rewrites")
    op.execute(definition.replace(before, now))
