"""Documents of contacts: files with the words in them, so that they are found by what they say. Their bytes are rows of ``blob``.

A document is its owner's, and never seen by more people than its contact is; what it was before it was kept to oneself is seen by nobody else either.

Revision ID: 0078
Revises: 0077
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0078"
down_revision = "0077"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
DEFINER = "security definer set search_path = public, pg_temp"
ME = "(select app_user())"
WRITER = "(select app_role()) in ('owner', 'admin', 'member')"
ADMIN = "(select app_role()) in ('owner', 'admin')"
SEEN = f"{WRITER} and (owner_id = {ME} or audience = 'team')"
DERIVED = "text,search_text,search_vector"

# A foreign key sees past row security, so whoever adds a document has to see the contact.
OF_CONTACT = f"""
create function document_of_contact() returns trigger language plpgsql {DEFINER} as $$
declare person record;
begin
  select owner_id, audience into person from contact where id = new.contact_id;
  if person is null or (app_user() is not null and person.owner_id <> app_user() and person.audience <> 'team') then
    raise exception 'no such contact' using errcode = '23503';
  end if;
  new.audience := case when person.audience = 'private' then 'private' else new.asked_audience end;
  return new;
end $$
"""

# Bytes are their document's in everything; who puts them there owns both.
BYTES = f"""
create function blob_of_document() returns trigger language plpgsql {DEFINER} as $$
declare target record;
begin
  select owner_id, audience, contact_id into target from document where id = new.document_id;
  if target is null or target.owner_id is distinct from coalesce(app_user(), target.owner_id) then
    raise exception 'no such document' using errcode = '23503';
  end if;
  new.owner_id := target.owner_id;
  new.audience := target.audience;
  new.contact_id := target.contact_id;
  return new;
end $$
"""

CARRIED = f"""
create function document_carried() returns trigger language plpgsql {DEFINER} as $$
begin
  update blob set owner_id = new.owner_id, audience = new.audience where document_id = new.id;
  if new.audience = 'private' and old.audience <> 'private' then
    update change set audience = 'private' where row_id = new.contact_id and audience <> 'private'
      and ((table_name = 'document' and coalesce(after, before) ->> 'id' = new.id::text)
        or (table_name = 'blob' and coalesce(after, before) ->> 'document_id' = new.id::text));
  end if;
  return null;
end $$
"""

SHARED = f"""
create function contact_shared_documents() returns trigger language plpgsql {DEFINER} as $$
begin
  update document set audience = case when new.audience = 'private' then 'private' else asked_audience end where contact_id = new.id;
  return null;
end $$
"""

# What is purged is gone from the history as well: a document's changes stand under its contact.
PURGE = f"""
create function purge_documents(keep interval) returns bigint language plpgsql {DEFINER} as $$
declare gone uuid[]; places uuid[];
begin
  if not pg_try_advisory_xact_lock(hashtext('purge_documents')) then return 0; end if;
  select array_agg(d.id), array_agg(d.contact_id) into gone, places from document d where d.deleted_at < now() - keep;
  if gone is null then return 0; end if;
  delete from document where id = any(gone);
  delete from change where table_name = 'document' and row_id = any(places) and coalesce(after, before) ->> 'id' = any(gone::text[]);
  delete from change where table_name = 'blob' and row_id = any(places) and coalesce(after, before) ->> 'document_id' = any(gone::text[]);
  return array_length(gone, 1);
end $$
"""
FUNCTIONS = {
    "document_of_contact()": OF_CONTACT, "blob_of_document()": BYTES, "document_carried()": CARRIED, "contact_shared_documents()": SHARED,
    "purge_documents(interval)": PURGE,
}  # fmt: skip
TRIGGERS = (
    ("document", "document_child before insert or update of asked_audience on document for each row execute function document_of_contact()"),
    ("document", f"document_touch before update on document for each row execute function touch_row('{DERIVED}')"),
    ("document", f"document_guard before update on document for each row execute function guard_owner('{DERIVED}')"),
    ("document", f"document_record after update or delete on document for each row execute function record_change('{DERIVED}')"),
    ("document", f"document_record_made after insert on document referencing new table as made for each statement execute function record_inserts('{DERIVED}')"),
    (
        "document",
        "document_carried after update on document for each row "
        "when (old.audience is distinct from new.audience or old.owner_id is distinct from new.owner_id) execute function document_carried()",
    ),
    (
        "blob",
        "blob_of_document before insert or update of document_id on blob for each row when (new.document_id is not null) execute function blob_of_document()",
    ),
    (
        "contact",
        "contact_shared_documents after update of audience on contact for each row when (old.audience is distinct from new.audience) "
        "execute function contact_shared_documents()",
    ),
)
PHOTOS_BEFORE = "update blob set audience = new.audience where contact_id = new.id;"
PHOTOS = "update blob set audience = new.audience where contact_id = new.id and document_id is null;"


def upgrade() -> None:
    _document()
    op.add_column("blob", sa.Column("document_id", sa.Uuid(), nullable=True))
    op.create_foreign_key("blob_document_id_fkey", "blob", "document", ["document_id"], ["id"], ondelete="CASCADE")
    op.create_index("blob_of_document", "blob", ["document_id"], unique=True, postgresql_where=sa.text("document_id is not null"))
    for signature, function in FUNCTIONS.items():
        op.execute(function)
        op.execute(f"revoke execute on function {signature} from public")
    op.execute(f"grant execute on function purge_documents(interval) to {APP}")
    _secure()
    for _table, trigger in TRIGGERS:
        op.execute(f"create trigger {trigger}")
    _rewrite("contact_shared()", PHOTOS_BEFORE, PHOTOS)


def downgrade() -> None:
    _rewrite("contact_shared()", PHOTOS, PHOTOS_BEFORE)
    for table, trigger in TRIGGERS:
        op.execute(f"drop trigger {trigger.partition(' ')[0]} on {table}")
    op.execute("delete from blob where document_id is not null")
    op.execute("delete from change where table_name = 'document'")
    op.drop_constraint("blob_document_id_fkey", "blob", type_="foreignkey")
    op.drop_index("blob_of_document", "blob")
    op.drop_column("blob", "document_id")
    op.drop_table("document")
    for signature in FUNCTIONS:
        op.execute(f"drop function {signature}")


def _document() -> None:
    op.create_table(
        "document",
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), server_default=sa.text("'team'"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("text_state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("asked_audience", sa.Text(), server_default=sa.text("'team'"), nullable=False),
        sa.Column("ai_allowed", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("search_vector", postgresql.TSVECTOR(), sa.Computed("to_tsvector('simple', search_text)", persisted=True), nullable=True),
        sa.CheckConstraint("audience in ('private', 'team')", name="document_audience_known"),
        sa.CheckConstraint("kind in ('pdf', 'docx', 'text', 'markdown')", name="document_kind_known"),
        sa.CheckConstraint("text_state in ('read', 'nothing', 'unreadable')", name="document_text_state_known"),
        sa.CheckConstraint("reason in ('', 'password', 'damaged', 'too_long', 'cut')", name="document_reason_known"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("document_by_contact", "document", ["contact_id", "id"])
    op.create_index("document_search", "document", ["search_vector"], postgresql_using="gin")
    op.create_index("document_in_trash", "document", ["deleted_at"], postgresql_where=sa.text("deleted_at is not null"))


def _secure() -> None:
    """Seen by its owner, or the team; added by its owner; deleted by them, or an admin where it is the team's."""
    op.execute("alter table document enable row level security")
    op.execute("alter table document force row level security")
    op.execute("create policy document_schema_owner on document to current_user using (true) with check (true)")
    op.execute(f"create policy document_select on document for select to {APP} using ({ME} is not null and (owner_id = {ME} or audience = 'team'))")
    op.execute(f"create policy document_insert on document for insert to {APP} with check ({WRITER} and owner_id = {ME})")
    op.execute(f"create policy document_update on document for update to {APP} using ({SEEN}) with check (owner_id = {ME} or audience = 'team')")
    op.execute(f"create policy document_delete on document for delete to {APP} using ({WRITER} and (owner_id = {ME} or (audience = 'team' and {ADMIN})))")
    op.execute(f"grant select, insert, update, delete on document to {APP}")


def _rewrite(signature: str, before: str, now: str) -> None:
    """Make the function anew with one part of it in other words; what later revisions put into it stays."""
    definition = op.get_bind().execute(sa.text("select pg_get_functiondef(cast(:name as regprocedure))"), {"name": signature}).scalar_one()
    if before not in definition:
        raise RuntimeError(f"{signature} does not hold what this revision rewrites")
    op.execute(definition.replace(before, now))
