"""Documents are found by their meaning too, as entries and mails are: read by their owner, in passages, and never where somebody said no.

Revision ID: 0082
Revises: 0081
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0082"
down_revision = "0081"
branch_labels = None
depends_on = None

DEFINER = "security definer set search_path = pg_catalog, public"
NOBODY = "'00000000-0000-0000-0000-000000000000'::uuid"
CONSENTS = "c.ai_allowed and c.deleted_at is null and c.ai_consent"
AGREES = (
    "c.ai_allowed and c.deleted_at is null and (c.ai_consent or (exists (select from meaning_state where local) "
    "and not exists (select from consent a where a.contact_id = c.id and a.purpose = 'ai')))"
)

# Whatever changes in a document, or in whose it is, takes away what was known of it.
TURN = f"""
create function meaning_turn_documents(documents uuid[]) returns void language plpgsql {DEFINER} as $$
begin
  if not exists (select from meaning_state where model <> '') then return; end if;
  delete from meaning_chunk c using meaning_source s where s.id = c.source_id and s.document_id = any(documents);
  update meaning_source s set due = true where not s.due and s.document_id = any(documents);
  insert into meaning_source (id, owner_id, audience, document_id)
    select gen_random_uuid(), d.owner_id, d.audience, d.id from document d where d.id = any(documents) and d.text <> '' on conflict do nothing;
end $$
"""

MEANT = f"""
create function document_meant() returns trigger language plpgsql {DEFINER} as $$
begin
  if tg_op = 'INSERT' then
    perform meaning_turn_documents(array(select id from touched));
  else
    perform meaning_turn_documents(array[new.id]);
  end if;
  return null;
end $$
"""

CARRIED = f"""
create function document_meaning_carried() returns trigger language plpgsql {DEFINER} as $$
declare sources uuid[] := array(select id from meaning_source where document_id = new.id);
begin
  update meaning_source set owner_id = new.owner_id, audience = new.audience where id = any(sources);
  update meaning_chunk set owner_id = new.owner_id, audience = new.audience where source_id = any(sources);
  update meaning_vector v set owner_id = new.owner_id, audience = new.audience from meaning_chunk c where c.id = v.chunk_id and c.source_id = any(sources);
  return null;
end $$
"""
FUNCTIONS = {"meaning_turn_documents(uuid[])": TURN, "document_meant()": MEANT, "document_meaning_carried()": CARRIED}
SAYS = "(old.name, old.text, old.ai_allowed, old.deleted_at) is distinct from (new.name, new.text, new.ai_allowed, new.deleted_at)"
MOVED = "old.audience is distinct from new.audience or old.owner_id is distinct from new.owner_id"
TRIGGERS = (
    "document_meant after insert on document referencing new table as touched for each statement execute function document_meant()",
    f"document_meaning after update on document for each row when ({SAYS}) execute function document_meant()",
    f"document_meaning_moved after update on document for each row when ({MOVED}) execute function document_meaning_carried()",
)

LETTERS = "least(length(d.text), 25000) + length(d.name) * (1 + least(length(d.text), 25000) / 400)"
UNKNOWN = "not exists (select from meaning_source k where k.document_id = d.id)"
# function → (what it holds, what it holds from now on)
REWRITTEN: tuple[tuple[str, str, str], ...] = (
    ("meaning_follow(text, boolean, bytea)", "mails_to = null", "mails_to = null, documents_to = null"),
    ("meaning_take_up(int)", "mails int; last_mail uuid;", "mails int; last_mail uuid; documents int; last_document uuid;"),
    (
        "meaning_take_up(int)",
        "  update meaning_state set entries_to",
        f"""  with piece as materialized (select id, owner_id, audience, text <> '' as worth from document where id > coalesce(state.documents_to, {NOBODY}) order by id limit most),
    made as (insert into meaning_source (id, owner_id, audience, document_id) select gen_random_uuid(), d.owner_id, d.audience, d.id from piece d where d.worth on conflict do nothing)
    select count(*), (array_agg(id order by id desc))[1] into documents, last_document from piece;
  update meaning_state set documents_to = coalesce(last_document, documents_to), entries_to""",
    ),
    ("meaning_take_up(int)", "return looked + mails;", "return looked + mails + documents;"),
    (
        "meaning_may_read(uuid)",
        "    else\n      exists (select from email e",
        f"""    when s.document_id is not null then
      exists (select from document d join contact c on c.id = d.contact_id
        where d.id = s.document_id and d.deleted_at is null and d.ai_allowed and d.text <> '' and {AGREES})
    else
      exists (select from email e""",
    ),
    (
        "meaning_changed()",
        "array(select email_id from email_contact where contact_id = person));",
        "array(select email_id from email_contact where contact_id = person));\n"
        "    perform meaning_turn_documents(array(select id from document where contact_id = person));",
    ),
    (
        "meaning_concerns(uuid)",
        "and l.how <> 'removed')",
        """and l.how <> 'removed'
    union
    select d.contact_id from meaning_source s join document d on d.id = s.document_id where s.id = source and s.owner_id = app_user())""",
    ),
    (
        "meaning_progress()",
        "k.email_id = b.email_id)) as texts",
        f"""k.email_id = b.email_id))
      + (select count(*) from document d where d.id > coalesce(s.documents_to, {NOBODY}) and d.text <> '' and {UNKNOWN}) as texts""",
    ),
    (
        "meaning_estimate()",
        "  ) found where",
        f"""    union all
    select {LETTERS} from document d join contact c on c.id = d.contact_id
      where d.deleted_at is null and d.ai_allowed and d.text <> '' and {CONSENTS}
  ) found where""",
    ),
)


def upgrade() -> None:
    op.add_column("meaning_state", sa.Column("documents_to", sa.Uuid(), nullable=True))
    op.add_column("meaning_source", sa.Column("document_id", sa.Uuid(), nullable=True))
    op.create_foreign_key("meaning_source_document_id_fkey", "meaning_source", "document", ["document_id"], ["id"], ondelete="CASCADE")
    op.create_index("meaning_source_document", "meaning_source", ["document_id"], unique=True, postgresql_where=sa.text("document_id is not null"))
    _of_one("interaction_id, email_id, document_id")
    for signature, function in FUNCTIONS.items():
        op.execute(function)
        op.execute(f"revoke execute on function {signature} from public")
    for trigger in TRIGGERS:
        op.execute(f"create trigger {trigger}")
    for signature, before, now in REWRITTEN:
        _rewrite(signature, before, now)


def downgrade() -> None:
    for signature, before, now in reversed(REWRITTEN):
        _rewrite(signature, now, before)
    for trigger in TRIGGERS:
        op.execute(f"drop trigger {trigger.partition(' ')[0]} on document")
    for signature in reversed(FUNCTIONS):
        op.execute(f"drop function {signature}")
    op.execute("delete from meaning_source where document_id is not null")
    _of_one("interaction_id, email_id")
    op.drop_index("meaning_source_document", "meaning_source")
    op.drop_constraint("meaning_source_document_id_fkey", "meaning_source", type_="foreignkey")
    op.drop_column("meaning_source", "document_id")
    op.drop_column("meaning_state", "documents_to")


def _of_one(columns: str) -> None:
    op.drop_constraint("meaning_source_of_one", "meaning_source")
    op.create_check_constraint("meaning_source_of_one", "meaning_source", f"num_nonnulls({columns}) = 1")


def _rewrite(signature: str, before: str, now: str) -> None:
    """Make the function anew with one part of it in other words; what later revisions put into it stays."""
    definition = op.get_bind().execute(sa.text("select pg_get_functiondef(cast(:name as regprocedure))"), {"name": signature}).scalar_one()
    if before not in definition:
        raise RuntimeError(f"{signature} does not hold what this revision rewrites")
    op.execute(definition.replace(before, now))
