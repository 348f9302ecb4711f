"""What is attached to a letter, and who is to get it unseen by the others.

Files are rows of ``blob``: while a letter is written they hang on its draft, once it was sent on the mail that it is, and they go with its words.
They are in nobody's history and are never handed over: a letter is its writer's alone.

Revision ID: 0080
Revises: 0079
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0080"
down_revision = "0079"
branch_labels = None
depends_on = None

DEFINER = "security definer set search_path = public, pg_temp"

# A foreign key looks past row security, so it would take another person's letter for one's own.
OF_LETTER = f"""
create function blob_of_letter() returns trigger language plpgsql {DEFINER} as $$
begin
  if app_user() is null then return new; end if;
  if new.letter_id is not null and not exists (select from mail_draft d where d.id = new.letter_id and d.owner_id = new.owner_id) then
    raise exception 'no such letter' using errcode = '23503';
  end if;
  if new.email_id is not null and not exists (select from email e where e.id = new.email_id and e.owner_id = new.owner_id) then
    raise exception 'no such mail' using errcode = '23503';
  end if;
  return new;
end $$
"""
WORDS_GONE = f"""
create function files_leave_with_words() returns trigger language plpgsql {DEFINER} as $$
begin
  delete from blob where email_id = old.email_id and purpose = 'letter';
  return old;
end $$
"""
FUNCTIONS = {"blob_of_letter()": OF_LETTER, "files_leave_with_words()": WORDS_GONE}
MADE = "after insert on blob referencing new table as made for each statement"
RECORD = "for each row {} execute function record_change('data')"
TRIGGERS = (
    ("blob", "blob_of_letter before insert or update of letter_id, email_id on blob for each row execute function blob_of_letter()"),
    ("blob", "blob_record after update on blob " + RECORD.format("when (new.purpose <> 'letter')")),
    ("blob", "blob_record_gone after delete on blob " + RECORD.format("when (old.purpose <> 'letter')")),
    ("blob", f"blob_record_made {MADE} execute function record_blobs('data')"),
    ("email_body", "files_leave_with_words after delete on email_body for each row execute function files_leave_with_words()"),
)
REWRITTEN = (
    (
        "team_hand_over(uuid, uuid, boolean, text, integer)",
        "and ($3 or audience = ''team'') limit $4))', place, extra)",
        "and ($3 or audience = ''team'') %3$s limit $4))', place, extra, case when place = 'blob' then 'and purpose <> ''letter''' else '' end)",
    ),
    ("contact_leaves_letters()", "d.recipients || ',' || d.copies)", "d.recipients || ',' || d.copies || ',' || d.blind)"),
    (
        "contact_leaves_letters()",
        "  delete from mail_draft d where d.id = any(gone);",
        "  delete from blob b where b.purpose = 'letter' and b.letter_id = any(gone);\n  delete from mail_draft d where d.id = any(gone);",
    ),
    (
        "tidy_up()",
        "delete from blob where contact_id is null and purpose = 'upload' and created_at < now() - interval '1 day';",
        "delete from blob where contact_id is null and purpose = 'upload' and created_at < now() - interval '1 day';\n"
        "  delete from blob where purpose = 'letter' and letter_id is null and email_id is null and created_at < now() - interval '1 day';",
    ),
)
BY = (("letter_id", "mail_draft", "SET NULL"), ("email_id", "email", "CASCADE"))


def upgrade() -> None:
    op.add_column("mail_draft", sa.Column("blind", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("mail_draft", sa.Column("files", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False))
    for name, table, deleted in BY:
        op.add_column("blob", sa.Column(name, sa.Uuid(), nullable=True))
        op.create_foreign_key(f"blob_{name}_fkey", "blob", table, [name], ["id"], ondelete=deleted, postgresql_not_valid=True)
        op.execute(f"alter table blob validate constraint blob_{name}_fkey")
        op.create_index(f"blob_by_{name.removesuffix('_id')}", "blob", [name], postgresql_where=sa.text(f"{name} is not null"))
    for signature, function in FUNCTIONS.items():
        op.execute(function)
        op.execute(f"revoke execute on function {signature} from public")
    _record_blobs()
    for name in ("blob_record", "blob_record_made"):
        op.execute(f"drop trigger {name} on blob")
    for _, trigger in TRIGGERS:
        op.execute(f"create trigger {trigger}")
    for rewritten in REWRITTEN:
        _rewrite(*rewritten)


def downgrade() -> None:
    for signature, before, now in reversed(REWRITTEN):
        _rewrite(signature, now, before)
    op.execute("delete from blob where purpose = 'letter'")
    for table, trigger in TRIGGERS:
        op.execute(f"drop trigger {trigger.partition(' ')[0]} on {table}")
    op.execute("create trigger blob_record after update or delete on blob for each row execute function record_change('data')")
    op.execute(f"create trigger blob_record_made {MADE} execute function record_inserts('data')")
    for signature in ("record_blobs()", *FUNCTIONS):
        op.execute(f"drop function {signature}")
    for name, _table, _deleted in BY:
        op.drop_column("blob", name)
    op.drop_column("mail_draft", "files")
    op.drop_column("mail_draft", "blind")


def _record_blobs() -> None:
    """What records new rows, for files: what is attached to a letter is not looked at."""
    definition = op.get_bind().execute(sa.text("select pg_get_functiondef('record_inserts()'::regprocedure)")).scalar_one()
    if definition.count("from made)") != 2:
        raise RuntimeError("record_inserts() does not hold what this revision makes another of")
    op.execute(definition.replace("record_inserts()", "record_blobs()").replace("from made)", "from made where purpose <> 'letter')"))
    op.execute("revoke execute on function record_blobs() from public")


def _rewrite(signature: str, before: str, now: str) -> None:
    """Make the function anew with one part of it in other words; what later revisions put into it stays."""
    definition = op.get_bind().execute(sa.text("select pg_get_functiondef(cast(:name as regprocedure))"), {"name": signature}).scalar_one()
    if before not in definition:
        raise RuntimeError(f"{signature} does not hold what this revision rewrites")
    op.execute(definition.replace(before, now))
