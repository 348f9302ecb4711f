"""Background work: a notice for every step of a job, and the trash that empties itself after thirty days.

Revision ID: 0005
Revises: 0004
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
DEFINER = "security definer set search_path = public, pg_temp"

NOTICE = f"""
create function job_notice() returns trigger language plpgsql {DEFINER} as $$
begin
  perform pg_notify('crm_changes', jsonb_build_object('topic', 'job', 'owner', new.owner_id, 'audience', 'private',
    'ids', jsonb_build_array(new.id), 'change_set', new.change_set_id)::text);
  return null;
end $$
"""

# What is purged is gone from the history as well: a row that nobody can restore must not live on in its changes. Entries and
# tasks that hang on purged contacts alone go with them.
# One process at a time; whoever comes second has nothing to do.
PURGE = f"""
create function purge_trash(keep interval) returns table (contacts bigint, interactions bigint, tasks bigint) language plpgsql {DEFINER} as $$
declare gone uuid[]; people uuid[];
begin
  contacts := 0; interactions := 0; tasks := 0;
  if not pg_try_advisory_xact_lock(hashtext('purge_trash')) then return next; return; end if;
  select array_agg(id) into people from contact where deleted_at < now() - keep;
  with hanging as (select l.interaction_id as id from interaction_contact l where l.contact_id = any(people)
      and not exists (select from interaction_contact o where o.interaction_id = l.interaction_id and o.contact_id <> all(people))),
    removed as (delete from interaction i where i.deleted_at < now() - keep or i.id in (select id from hanging) returning i.id)
    select array_agg(id) into gone from removed;
  interactions := coalesce(array_length(gone, 1), 0);
  delete from change where table_name = 'interaction' and row_id = any(gone);
  delete from change where table_name = 'interaction_contact' and coalesce(after, before) ->> 'interaction_id' = any(gone::text[]);
  with hanging as (select l.task_id as id from task_contact l where l.contact_id = any(people)
      and not exists (select from task_contact o where o.task_id = l.task_id and o.contact_id <> all(people))),
    removed as (delete from task t where t.deleted_at < now() - keep or t.id in (select id from hanging) returning t.id)
    select array_agg(id) into gone from removed;
  tasks := coalesce(array_length(gone, 1), 0);
  delete from change where table_name = 'task' and row_id = any(gone);
  delete from change where table_name = 'task_contact' and coalesce(after, before) ->> 'task_id' = any(gone::text[]);
  with removed as (delete from contact where id = any(people) returning id) select array_agg(id) into gone from removed;
  contacts := coalesce(array_length(gone, 1), 0);
  delete from change where row_id = any(gone);
  return next;
end $$
"""

# What waits for nobody any more: answers kept for a repeated request, uploads that were never imported, old sign-ins and job notes.
TIDY = f"""
create function tidy_up() returns void language sql {DEFINER} as $$
  delete from idempotency_key where created_at < now() - interval '1 day';
  delete from rate_counter where window_ends_at < now() - interval '1 day';
  delete from user_session where coalesce(revoked_at, expires_at) < now() - interval '30 days';
  delete from job where state = 'draft' and updated_at < now() - interval '1 day';
  delete from blob where contact_id is null and purpose = 'upload' and created_at < now() - interval '1 day';
  delete from import_file f using job j where j.id = f.job_id and j.state in ('done', 'failed', 'cancelled') and j.updated_at < now() - interval '1 day';
$$
"""


def upgrade() -> None:
    for function in (NOTICE, PURGE, TIDY):
        op.execute(function)
    op.execute("create trigger job_notice after insert or update on job for each row execute function job_notice()")
    for signature in ("purge_trash(interval)", "tidy_up()"):
        op.execute(f"revoke execute on function {signature} from public")
        op.execute(f"grant execute on function {signature} to {APP}")


def downgrade() -> None:
    op.execute("drop trigger job_notice on job")
    for signature in ("tidy_up()", "purge_trash(interval)", "job_notice()"):
        op.execute(f"drop function {signature}")
