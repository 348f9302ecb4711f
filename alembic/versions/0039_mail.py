"""Mailboxes, folders, threads and mails, and what the database keeps true of them: whose they are, in which list a thread stands, and how much
of it the team sees, in steps: that there was a mail, its subject, its words.

A thread is its owner's until its level shares it and all whom it concerns are the team's. Contacts that were put to a mail by hand, or taken
from it, are recorded as a person's changes; what a sync does is not. Of an erased person no word is left in a mail.

Revision ID: 0039
Revises: 0038
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
ME = "(select app_user())"
WRITER = "(select app_role()) in ('owner', 'admin', 'member')"
MINE = f"owner_id = {ME} or audience = 'team'"
DEFINER = "security definer set search_path = public, pg_temp"
OWN = ("mailbox", "mail_folder", "mail_reference", "email_place", "mail_rule")
SHARED = ("mail_thread", "email", "email_subject", "email_body", "email_party", "email_contact")
DERIVED = {"mailbox": "addresses", "mail_folder": "name,role,token", "mail_thread": "audience,last_at,box,level", "mail_rule": ""}
SHOWN = "('private', 'metadata', 'subject', 'full')"
STEPS = "array['private', 'metadata', 'subject', 'full']"

# A foreign key looks past row security, so it would take another person's account, thread or mail for one's own.
PART = f"""
create function mail_part() returns trigger language plpgsql {DEFINER} as $$
declare whose uuid; other uuid; seen text := 'private'; steps text; row_now jsonb := to_jsonb(new);
begin
  if row_now ? 'connection_id' then
    select owner_id into whose from connection where id = (row_now ->> 'connection_id')::uuid;
  elsif row_now ? 'email_id' then
    select e.owner_id, e.audience, t.level into whose, seen, steps from email e join mail_thread t on t.id = e.thread_id where e.id = (row_now ->> 'email_id')::uuid;
  else
    select owner_id, audience into whose, seen from mail_thread where id = (row_now ->> 'thread_id')::uuid;
  end if;
  if tg_table_name = 'email_place' then
    select owner_id into other from mail_folder where id = (row_now ->> 'folder_id')::uuid;
    if other is distinct from whose then raise exception 'no such folder' using errcode = '23503'; end if;
  end if;
  if whose is null or (app_user() is not null and whose <> app_user()) then raise exception 'no such mail' using errcode = '23503'; end if;
  new.owner_id := whose;
  new.audience := case tg_table_name when 'email' then seen when 'email_party' then seen
    when 'email_subject' then case when steps in ('subject', 'full') then seen else 'private' end
    when 'email_body' then case when steps = 'full' then seen else 'private' end else 'private' end;
  return new;
end $$
"""

LINK = f"""
create function email_link() returns trigger language plpgsql {DEFINER} as $$
declare target record; person record;
begin
  select e.owner_id, e.thread_id, e.sent_at, t.level, t.irrelevant into target from email e join mail_thread t on t.id = e.thread_id where e.id = new.email_id;
  new.owner_id := target.owner_id;
  new.thread_id := target.thread_id;
  new.sent_at := target.sent_at;
  if tg_op = 'UPDATE' then return new; end if;
  if target is null or (app_user() is not null and target.owner_id <> app_user()) then raise exception 'no such mail' using errcode = '23503'; end if;
  select owner_id, audience into person from contact where id = new.contact_id;
  if person is null or (app_user() is not null and person.owner_id <> app_user() and person.audience <> 'team') then
    raise exception 'no such contact' using errcode = '23503';
  end if;
  new.audience := case when person.audience = 'team' and target.level <> 'private' and not target.irrelevant
    and not exists (select from email_contact l join contact c on c.id = l.contact_id
      where l.thread_id = target.thread_id and l.how <> 'removed' and c.audience = 'private') then 'team' else 'private' end;
  return new;
end $$
"""

# In which list a thread stands and who sees how much of it follows from its mails, their folders and whom they concern. What becomes narrower
# takes along what was recorded of it. A mailbox decides by its narrowest folder's account, unless its owner has said something of the thread.
SETTLE = f"""
create function settle_mail(ids uuid[]) returns void language plpgsql {DEFINER} as $$
begin
  delete from mail_thread t where t.id = any(ids) and not exists (select from email e where e.thread_id = t.id);
  update mail_thread t set last_at = f.last_at, box = f.box, level = f.level,
      audience = case when f.level <> 'private' and f.box = 'people' and f.shared then 'team' else 'private' end
    from (select g.id, g.last_at, coalesce(g.shown, ({STEPS})[g.step], g.level) as level, g.shared,
        case when g.irrelevant then 'irrelevant' when g.kept and g.linked then 'people' when g.kept or (g.unknown and not g.linked) then 'unmatched' else 'irrelevant' end as box
      from (select t.id, t.shown, t.level, t.irrelevant, m.last_at, m.kept, m.unknown, coalesce(l.linked, false) as linked, coalesce(l.shared, false) as shared,
          (select min(array_position({STEPS}, b.shown)) from email e join email_place p on p.email_id = e.id join mail_folder f on f.id = p.folder_id
            join mailbox b on b.connection_id = f.connection_id where e.thread_id = t.id) as step
        from mail_thread t
          cross join lateral (select max(e.sent_at) as last_at, bool_or(e.standing = 'kept') as kept, bool_or(e.standing = 'unknown') as unknown from email e where e.thread_id = t.id) m
          left join lateral (select true as linked, bool_and(c.audience = 'team') as shared from email_contact x join contact c on c.id = x.contact_id
            where x.thread_id = t.id and x.how <> 'removed' having count(*) > 0) l on true
        where t.id = any(ids)) g) f
    where f.id = t.id and (t.last_at, t.box, t.level, t.audience) is distinct from
      (f.last_at, f.box, f.level, case when f.level <> 'private' and f.box = 'people' and f.shared then 'team' else 'private' end);
  update email e set audience = t.audience from mail_thread t where t.id = any(ids) and e.thread_id = t.id and e.audience <> t.audience;
  update email_contact l set audience = t.audience from mail_thread t where t.id = any(ids) and l.thread_id = t.id and l.audience <> t.audience;
  update email_party p set audience = e.audience from email e where e.thread_id = any(ids) and p.email_id = e.id and p.audience <> e.audience;
  update email_subject s set audience = f.audience
    from (select e.id, case when t.level in ('subject', 'full') then t.audience else 'private' end as audience from email e join mail_thread t on t.id = e.thread_id where t.id = any(ids)) f
    where s.email_id = f.id and s.audience <> f.audience;
  update email_body b set audience = f.audience
    from (select e.id, case when t.level = 'full' then t.audience else 'private' end as audience from email e join mail_thread t on t.id = e.thread_id where t.id = any(ids)) f
    where b.email_id = f.id and b.audience <> f.audience;
  update change h set audience = 'private' from email_contact l
    where l.thread_id = any(ids) and l.how <> 'address' and l.audience = 'private' and h.row_id = l.contact_id and h.table_name = 'email_contact'
      and h.audience <> 'private' and coalesce(h.after, h.before) ->> 'email_id' = l.email_id::text;
  update change h set audience = 'private' from email e join mail_thread t on t.id = e.thread_id
    where t.id = any(ids) and t.level in ('private', 'metadata') and h.row_id = e.interaction_id and h.table_name = 'interaction' and h.audience <> 'private'
      and (h.before ->> 'subject' <> '' or h.after ->> 'subject' <> '');
end $$
"""

CAME = f"""
create function mails_came() returns trigger language plpgsql {DEFINER} as $$
begin
  perform settle_mail(array(select distinct thread_id from touched));
  return null;
end $$
"""

CHANGED = f"""
create function mails_changed() returns trigger language plpgsql {DEFINER} as $$
declare ids uuid[] := array(select unnest(array[b.thread_id, t.thread_id]) from touched t join former b on b.id = t.id
  where (t.thread_id, t.standing, t.sent_at) is distinct from (b.thread_id, b.standing, b.sent_at));
begin
  if array_length(ids, 1) > 0 then
    update email_contact l set thread_id = t.thread_id, sent_at = t.sent_at from touched t
      where l.email_id = t.id and (l.thread_id, l.sent_at) is distinct from (t.thread_id, t.sent_at);
    perform settle_mail(ids);
  end if;
  return null;
end $$
"""

# A mail that no folder holds any more may only be on its way to another one: what is gone for good is found when a run has looked everywhere.
PLACED = f"""
create function mails_placed() returns trigger language plpgsql {DEFINER} as $$
begin
  if tg_op = 'DELETE' then
    update email e set gone_at = clock_timestamp() where e.id in (select email_id from touched) and e.gone_at is null
      and not exists (select from email_place p where p.email_id = e.id);
  else
    update email e set gone_at = null where e.id in (select email_id from touched) and e.gone_at is not null;
  end if;
  perform settle_mail(array(select distinct e.thread_id from email e where e.id in (select email_id from touched)));
  return null;
end $$
"""

SAID = f"""
create function mail_said() returns trigger language plpgsql {DEFINER} as $$
begin
  if tg_table_name = 'mail_thread' then
    perform settle_mail(array[new.id]);
  elsif tg_table_name = 'email_contact' then
    perform settle_mail(array[new.thread_id]);
  elsif tg_table_name = 'contact' then
    perform settle_mail(array(select distinct thread_id from email_contact where contact_id = new.id and how <> 'removed'));
  else
    perform settle_mail(array(select distinct e.thread_id from email e join email_place p on p.email_id = e.id join mail_folder f on f.id = p.folder_id
      where f.connection_id = new.connection_id));
  end if;
  return null;
end $$
"""

# What somebody says by hand, or takes back, may make a mail worth keeping, or no longer.
HANDLED = f"""
create function mail_handled() returns trigger language plpgsql {DEFINER} as $$
begin
  update email set matched = false where id = coalesce(new.email_id, old.email_id) and matched and not forgotten;
  return null;
end $$
"""

# An entry that loses its subject, because its mail's is not shown any more, is recorded with the subject that it had. Comes after ``interaction_record``.
UNSAID = f"""
create function mail_subject_unsaid() returns trigger language plpgsql {DEFINER} as $$
begin
  update change h set audience = 'private' where h.row_id = new.id and h.table_name = 'interaction' and h.audience <> 'private'
    and (h.before ->> 'subject' <> '' or h.after ->> 'subject' <> '')
    and exists (select from email e join mail_thread t on t.id = e.thread_id where e.interaction_id = new.id and t.level in ('private', 'metadata'));
  return null;
end $$
"""

# With an account go the mails that only its folders hold. What stands on timelines stays there.
LEFT = f"""
create function mail_account_left() returns trigger language plpgsql {DEFINER} as $$
begin
  delete from email e where e.id in (select p.email_id from email_place p join mail_folder f on f.id = p.folder_id where f.connection_id = old.id)
    and not exists (select from email_place p join mail_folder f on f.id = p.folder_id where p.email_id = e.id and f.connection_id <> old.id);
  return old;
end $$
"""

# A contact that gains an address may be one of those who stand in somebody's heads, whoever sees the contact: its owner looks again within a minute.
GAINED = f"""
create function contact_gained_mail() returns trigger language plpgsql {DEFINER} as $$
begin
  update email e set matched = false from contact c
    where c.id = new.contact_id and e.matched and not e.forgotten and (c.owner_id = e.owner_id or c.audience = 'team')
      and e.id in (select p.email_id from email_party p where p.address = new.value_norm);
  return null;
end $$
"""

# Erasing takes the words and the addresses, and leaves a fingerprint, by which the mail over there is not taken in again. A mail with others
# stays theirs, without the one who is erased; where they wrote it, or its words name them, the words go as well.
FORGOTTEN = f"""
create function contact_leaves_mail() returns trigger language plpgsql {DEFINER} as $$
declare addresses text[]; gone uuid[]; rest uuid[]; entries uuid[]; named text := lower(old.display_name);
begin
  if nullif(current_setting('app.change_set', true), '') is not null then return old; end if;  -- taking back its making is no erasing
  addresses := array(select value_norm from contact_point where contact_id = old.id and kind = 'email');
  rest := array(select l.email_id from email_contact l where l.contact_id = old.id
    union select p.email_id from email_party p where p.address = any(addresses) and p.owner_id = old.owner_id);
  gone := array(select e.id from email e where e.id = any(rest) and (e.from_address = any(addresses)
    or not exists (select from email_contact o where o.email_id = e.id and o.contact_id <> old.id and o.how <> 'removed')));
  entries := array(select i.id from interaction i join email e on e.interaction_id = i.id where e.id = any(rest) and i.subject <> ''
    and (e.id = any(gone) or strpos(lower(i.subject), named) > 0));
  delete from change h where h.table_name = 'interaction' and h.row_id = any(entries);
  update interaction i set subject = '', search_text = lower(i.body) where i.id = any(entries);
  delete from email_party p where p.email_id = any(gone) or (p.email_id = any(rest) and p.address = any(addresses));
  delete from email_subject s where s.email_id = any(gone) or (s.email_id = any(rest) and strpos(lower(s.subject), named) > 0);
  delete from email_body b where b.email_id = any(gone) or (b.email_id = any(rest) and (strpos(lower(b.text || b.html), named) > 0
    or exists (select from unnest(addresses) a where strpos(lower(b.text || b.html), a) > 0)));
  update email e set forgotten = true where e.id = any(rest) and e.has_body and not exists (select from email_body b where b.email_id = e.id);
  delete from mail_reference r using email e where e.id = any(gone) and e.message_id <> '' and r.owner_id = e.owner_id and r.ref = e.message_id;
  update email e set from_address = '', from_name = '', message_id = '', reasons = '', automatic = '', score = 0, has_body = false, standing = 'set_aside',
      forgotten = true, matched = true, entry_hash = '' where e.id = any(gone);
  delete from mail_reference r where r.thread_id in (select thread_id from email where id = any(gone))
    and not exists (select from email e where e.thread_id = r.thread_id and not e.forgotten);
  delete from mail_rule r where r.owner_id = old.owner_id and r.address = any(addresses);
  return old;
end $$
"""

NOTICE = f"""
create function mail_notice() returns trigger language plpgsql {DEFINER} as $$
declare told record;
begin
  for told in select owner_id, audience, count(*) as rows, (array_agg(id))[1:20] as ids from (select * from touched limit 1000) t group by owner_id, audience loop
    perform pg_notify('crm_changes', jsonb_build_object('topic', 'mail', 'owner', told.owner_id, 'audience', told.audience,
      'ids', case when told.rows <= 20 then to_jsonb(told.ids) else null end, 'change_set', nullif(current_setting('app.change_set', true), ''))::text);
  end loop;
  return null;
end $$
"""

# What happens to a mail, or to where it lies, is news of its thread.
NOTICE_OF_PARTS = f"""
create function mail_part_notice() returns trigger language plpgsql {DEFINER} as $$
declare told record; ids uuid[];
begin
  if tg_table_name = 'email' then
    ids := array(select distinct thread_id from touched);
  else
    ids := array(select distinct e.thread_id from touched t join email e on e.id = t.email_id);
  end if;
  for told in select owner_id, audience, count(*) as rows, (array_agg(id))[1:20] as ids from (select * from mail_thread where id = any(ids) limit 1000) t group by owner_id, audience loop
    perform pg_notify('crm_changes', jsonb_build_object('topic', 'mail', 'owner', told.owner_id, 'audience', told.audience,
      'ids', case when told.rows <= 20 then to_jsonb(told.ids) else null end, 'change_set', nullif(current_setting('app.change_set', true), ''))::text);
  end loop;
  return null;
end $$
"""

# Whose mails are to be matched again: their owners look after them, as themselves.
DUE = f"""
create function people_with_unmatched_mail() returns setof uuid language sql stable {DEFINER} as $$
  select u.id from user_account u where u.disabled_at is null and u.role in ('owner', 'admin', 'member')
    and exists (select from email e where e.owner_id = u.id and not e.matched)
$$
"""

FUNCTIONS = {
    "mail_part()": PART, "email_link()": LINK, "settle_mail(uuid[])": SETTLE, "mails_came()": CAME, "mails_changed()": CHANGED, "mails_placed()": PLACED,
    "mail_said()": SAID, "mail_handled()": HANDLED, "mail_subject_unsaid()": UNSAID, "mail_account_left()": LEFT, "contact_gained_mail()": GAINED, "contact_leaves_mail()": FORGOTTEN, "mail_notice()": NOTICE,
    "mail_part_notice()": NOTICE_OF_PARTS, "people_with_unmatched_mail()": DUE,
}  # fmt: skip
CALLED = ("people_with_unmatched_mail()",)
PARTS = ("mailbox", "mail_folder", "mail_reference", "email", "email_subject", "email_body", "email_place", "email_party")
NEW, OLD = "referencing new table as touched", "referencing old table as touched"
TRIGGERS = (
    *((table, f"{table}_part before insert on {table} for each row execute function mail_part()") for table in PARTS),
    ("email_contact", "email_contact_link before insert or update on email_contact for each row execute function email_link()"),
    ("email", f"email_settled after insert on email {NEW} for each statement execute function mails_came()"),
    ("email", "email_moved after update on email referencing old table as former new table as touched for each statement execute function mails_changed()"),
    ("email", f"email_gone_settled after delete on email {OLD} for each statement execute function mails_came()"),
    ("email_contact", f"email_contact_linked after insert on email_contact {NEW} for each statement execute function mails_came()"),
    ("email_contact", f"email_contact_unlinked after delete on email_contact {OLD} for each statement execute function mails_came()"),
    ("email_contact", "email_contact_relinked after update on email_contact for each row when (old.how is distinct from new.how) execute function mail_said()"),
    ("email_contact", "email_contact_handled after insert on email_contact for each row when (new.how <> 'address') execute function mail_handled()"),
    ("email_contact", "email_contact_turned after update on email_contact for each row when (old.how is distinct from new.how) execute function mail_handled()"),
    ("email_contact", "email_contact_dropped after delete on email_contact for each row execute function mail_handled()"),
    ("email_place", f"email_place_made after insert on email_place {NEW} for each statement execute function mails_placed()"),
    ("email_place", f"email_place_gone after delete on email_place {OLD} for each statement execute function mails_placed()"),
    (
        "mail_thread",
        "mail_thread_said after update of shown, irrelevant on mail_thread for each row "
        "when (old.shown is distinct from new.shown or old.irrelevant is distinct from new.irrelevant) execute function mail_said()",
    ),
    ("mailbox", "mailbox_said after update of shown on mailbox for each row when (old.shown is distinct from new.shown) execute function mail_said()"),
    ("contact", "contact_shared_mail after update of audience on contact for each row when (old.audience is distinct from new.audience) execute function mail_said()"),
    (
        "interaction",
        "interaction_subject_unsaid after update of subject on interaction for each row "
        "when (new.source = 'sync' and old.subject <> '' and new.subject = '') execute function mail_subject_unsaid()",
    ),
    ("connection", "connection_mail_left before delete on connection for each row when (old.kind = 'imap') execute function mail_account_left()"),
    (
        "contact_point",
        "contact_point_gained_mail after insert or update of value_norm on contact_point for each row when (new.kind = 'email') "
        "execute function contact_gained_mail()",
    ),
    ("contact", "contact_leaves_mail before delete on contact for each row execute function contact_leaves_mail()"),
    ("mail_thread", f"mail_notice_made after insert on mail_thread {NEW} for each statement execute function mail_notice()"),
    ("mail_thread", f"mail_notice_changed after update on mail_thread {NEW} for each statement execute function mail_notice()"),
    ("mail_thread", f"mail_notice_before after update on mail_thread {OLD} for each statement execute function mail_notice()"),
    ("mail_thread", f"mail_notice_gone after delete on mail_thread {OLD} for each statement execute function mail_notice()"),
    ("email", f"email_notice_made after insert on email {NEW} for each statement execute function mail_part_notice()"),
    ("email", f"email_notice_changed after update on email {NEW} for each statement execute function mail_part_notice()"),
    ("email_place", f"email_place_notice after update on email_place {NEW} for each statement execute function mail_part_notice()"),
    *((table, f"{table}_notice after insert or update or delete on {table} for each row execute function connection_notice()") for table in ("mailbox", "mail_folder")),
    # What a person did to a link is recorded; what a sync did, and what goes with a mail that is gone over there, is not.
    ("email_contact", "email_contact_record_made after insert on email_contact for each row when (new.how <> 'address') execute function record_change('')"),
    (
        "email_contact",
        "email_contact_record after update on email_contact for each row when (old.how is distinct from new.how) execute function record_change('')",
    ),
    (
        "email_contact",
        "email_contact_record_gone after delete on email_contact for each row when (old.how <> 'address' and pg_trigger_depth() = 0) "
        "execute function record_change('')",
    ),
)  # fmt: skip
KEPT_BEFORE = "'event_contact']"
KEPT = f"'event_contact', {', '.join(repr(name) for name in (*OWN, *SHARED))}]"
KINDS_BEFORE, KINDS = "kind in ('ics', 'caldav')", "kind in ('ics', 'caldav', 'imap')"


def upgrade() -> None:
    _kinds(KINDS)
    _mailbox()
    _mail_thread()
    _email()
    _email_parts()
    _mail_rule()
    for table in OWN:
        _secure(table, f"owner_id = {ME}", f"owner_id = {ME} and audience = 'private'")
    for table in SHARED:
        _secure(table, f"{ME} is not null and ({MINE})", MINE)
    for table, derived in DERIVED.items():
        op.execute(f"create trigger {table}_touch before update on {table} for each row execute function touch_row('{derived}')")
        op.execute(f"create trigger {table}_guard before update on {table} for each row execute function guard_owner('')")
    for signature, function in FUNCTIONS.items():
        op.execute(function)
        op.execute(f"revoke execute on function {signature} from public")
    for signature in CALLED:
        op.execute(f"grant execute on function {signature} to {APP}")
    for _, trigger in TRIGGERS:
        op.execute(f"create trigger {trigger}")
    _rewrite("team_owned_tables(boolean)", KEPT_BEFORE, KEPT)


def downgrade() -> None:
    _rewrite("team_owned_tables(boolean)", KEPT, KEPT_BEFORE)
    op.execute("delete from connection where kind = 'imap'")
    for table, trigger in TRIGGERS:
        op.execute(f"drop trigger {trigger.partition(' ')[0]} on {table}")
    for table in ("mail_rule", "email_contact", "email_party", "email_place", "email_body", "email_subject", "email", "mail_reference", "mail_thread", "mail_folder", "mailbox"):
        op.drop_table(table)
    for signature in reversed(FUNCTIONS):
        op.execute(f"drop function {signature}")
    op.execute("delete from change where table_name = 'email_contact'")
    _kinds(KINDS_BEFORE)


def _kinds(allowed: str) -> None:
    op.execute("alter table connection drop constraint connection_kind_known")
    op.execute(f"alter table connection add constraint connection_kind_known check ({allowed}) not valid")
    op.execute("alter table connection validate constraint connection_kind_known")


def _secure(table: str, seen: str, kept: str) -> None:
    """What the application may do with a table: see ``seen``, and, as a writer, leave rows that are as ``kept`` says."""
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    op.execute(f"create policy {table}_schema_owner on {table} to current_user using (true) with check (true)")
    op.execute(f"create policy {table}_select on {table} for select to {APP} using ({seen})")
    op.execute(f"create policy {table}_insert on {table} for insert to {APP} with check ({WRITER} and owner_id = {ME} and ({kept}))")
    op.execute(f"create policy {table}_update on {table} for update to {APP} using ({WRITER} and owner_id = {ME}) with check ({kept})")
    op.execute(f"create policy {table}_delete on {table} for delete to {APP} using ({WRITER} and owner_id = {ME})")
    op.execute(f"grant select, insert, update, delete on {table} to {APP}")


def _owned(table: str, *columns: sa.schema.SchemaItem) -> None:
    op.create_table(
        table,
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), server_default=sa.text("'team'"), nullable=False),
        *columns,
        sa.CheckConstraint("audience in ('private', 'team')", name=f"{table}_audience_known"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
    )


def _keyed() -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _versioned() -> tuple[sa.schema.SchemaItem, ...]:
    return (
        *_keyed(),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
    )


def _text(*names: str) -> tuple[sa.Column[str], ...]:
    return tuple(sa.Column(name, sa.Text(), nullable=False) for name in names)


def _of(column: str, table: str) -> tuple[sa.schema.SchemaItem, ...]:
    return sa.Column(column, sa.Uuid(), nullable=False), sa.ForeignKeyConstraint([column], [f"{table}.id"], ondelete="CASCADE")


def _search() -> tuple[sa.Column[str], ...]:
    return (
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("search_vector", postgresql.TSVECTOR(), sa.Computed("to_tsvector('simple', search_text)", persisted=True), nullable=True),
    )


def _mailbox() -> None:
    _owned(
        "mailbox", *_versioned(), *_of("connection_id", "connection"), *_text("shown", "new_contacts", "addresses"),
        sa.CheckConstraint(f"shown in {SHOWN}", name="mailbox_shown_known"),
        sa.CheckConstraint("new_contacts in ('never', 'written_to', 'people')", name="mailbox_new_contacts_known"),
    )  # fmt: skip
    op.create_index("mailbox_of_connection", "mailbox", ["connection_id"], unique=True)
    _owned(
        "mail_folder", *_versioned(), *_of("connection_id", "connection"), *_text("ref", "name", "role"), sa.Column("synced", sa.Boolean(), nullable=False), *_text("token"),
        sa.CheckConstraint("role in ('inbox', 'sent', 'archive', 'drafts', 'junk', 'trash', 'other')", name="mail_folder_role_known"),
    )  # fmt: skip
    op.create_index("mail_folder_ref", "mail_folder", ["connection_id", "ref"], unique=True)


def _mail_thread() -> None:
    _owned(
        "mail_thread", *_versioned(), sa.Column("last_at", sa.DateTime(timezone=True), nullable=False), sa.Column("shown", sa.Text(), nullable=True),
        sa.Column("irrelevant", sa.Boolean(), nullable=False), sa.Column("level", sa.Text(), server_default=sa.text("'private'"), nullable=False),
        sa.Column("box", sa.Text(), server_default=sa.text("'irrelevant'"), nullable=False),
        sa.CheckConstraint(f"shown is null or shown in {SHOWN}", name="mail_thread_shown_known"),
        sa.CheckConstraint(f"level in {SHOWN}", name="mail_thread_level_known"),
        sa.CheckConstraint("box in ('people', 'unmatched', 'irrelevant')", name="mail_thread_box_known"),
    )  # fmt: skip
    op.create_index("mail_thread_by_box", "mail_thread", ["owner_id", "box", sa.literal_column("last_at desc"), sa.literal_column("id desc")])
    op.create_index(
        "mail_thread_of_team", "mail_thread", [sa.literal_column("last_at desc"), sa.literal_column("id desc")], postgresql_where=sa.text("audience = 'team'")
    )
    _owned("mail_reference", *_text("ref"), *_of("thread_id", "mail_thread"), sa.PrimaryKeyConstraint("owner_id", "ref"))
    op.create_index("mail_reference_by_thread", "mail_reference", ["thread_id"])


def _email() -> None:
    _owned(
        "email", *_keyed(), *_of("thread_id", "mail_thread"), *_text("ident", "message_id", "direction"),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False), *_text("from_address", "from_name", "automatic"),
        sa.Column("score", sa.Integer(), nullable=False), *_text("reasons", "standing"), sa.Column("has_body", sa.Boolean(), nullable=False),
        sa.Column("matched", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("forgotten", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True), sa.Column("interaction_id", sa.Uuid(), nullable=True),
        sa.Column("entry_hash", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(["interaction_id"], ["interaction.id"], ondelete="SET NULL"),
        sa.CheckConstraint("direction in ('in', 'out')", name="email_direction_known"),
        sa.CheckConstraint("standing in ('kept', 'unknown', 'set_aside')", name="email_standing_known"),
    )  # fmt: skip
    op.create_index("email_ident", "email", ["owner_id", "ident"], unique=True)
    op.create_index("email_ident_of_team", "email", ["ident"])
    op.create_index("email_by_thread", "email", ["thread_id", "sent_at"])
    op.create_index("email_unmatched", "email", ["owner_id"], postgresql_where=sa.text("not matched"))
    op.create_index("email_gone", "email", ["owner_id", "gone_at"], postgresql_where=sa.text("gone_at is not null"))
    op.create_index("email_wanted", "email", ["owner_id"], postgresql_where=sa.text("standing = 'kept' and not has_body"))
    op.create_index("email_of_strangers", "email", ["owner_id", "sent_at"], postgresql_where=sa.text("standing = 'unknown'"))
    op.create_index("email_by_interaction", "email", ["interaction_id"], postgresql_where=sa.text("interaction_id is not null"))


def _email_parts() -> None:
    _owned("email_subject", *_of("email_id", "email"), *_text("subject"), *_search(), sa.PrimaryKeyConstraint("email_id"))
    op.create_index("email_subject_search", "email_subject", ["search_vector"], postgresql_using="gin")
    _owned(
        "email_body", *_of("email_id", "email"), *_text("text", "html", "snippet"), sa.Column("remote", sa.Boolean(), nullable=False),
        sa.Column("attachments", postgresql.JSONB(), nullable=False), sa.Column("has_attachment", sa.Boolean(), nullable=False), *_text("verified"), *_search(),
        sa.PrimaryKeyConstraint("email_id"),
    )  # fmt: skip
    op.create_index("email_body_search", "email_body", ["search_vector"], postgresql_using="gin")
    _owned(
        "email_place", *_of("folder_id", "mail_folder"), sa.Column("uid", sa.BigInteger(), nullable=False), *_of("email_id", "email"), *_text("flags"),
        sa.Column("unread", sa.Boolean(), nullable=False), sa.PrimaryKeyConstraint("folder_id", "uid"),
    )  # fmt: skip
    op.create_index("email_place_by_email", "email_place", ["email_id"])
    _owned(
        "email_party", *_of("email_id", "email"), *_text("role", "address", "name"), sa.PrimaryKeyConstraint("email_id", "role", "address"),
        sa.CheckConstraint("role in ('from', 'reply_to', 'to', 'cc', 'bcc')", name="email_party_role_known"),
    )  # fmt: skip
    op.create_index("email_party_of_address", "email_party", ["address", "owner_id"])
    _owned(
        "email_contact", *_of("email_id", "email"), *_of("contact_id", "contact"), *_of("thread_id", "mail_thread"), *_text("how"),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False), sa.PrimaryKeyConstraint("email_id", "contact_id"),
        sa.CheckConstraint("how in ('address', 'hand', 'removed')", name="email_contact_how_known"),
    )  # fmt: skip
    op.create_index("email_contact_by_contact", "email_contact", ["contact_id", sa.literal_column("sent_at desc"), "email_id"])
    op.create_index("email_contact_by_thread", "email_contact", ["thread_id"])


def _mail_rule() -> None:
    _owned(
        "mail_rule", *_versioned(), *_text("address", "verdict"), sa.CheckConstraint("verdict in ('always', 'never', 'met')", name="mail_rule_verdict_known"),
    )
    op.create_index("mail_rule_of_address", "mail_rule", ["owner_id", "address"], unique=True)


def _rewrite(signature: str, before: str, now: str) -> None:
    """Make the function anew with one part of it in other words; what later revisions put into it stays."""
    definition = op.get_bind().execute(sa.text("select pg_get_functiondef(cast(:name as regprocedure))"), {"name": signature}).scalar_one()
    if before not in definition:
        raise RuntimeError(f"{signature} does not hold what this revision rewrites")
    op.execute(definition.replace(before, now))
