"""How to call every service and every route on a given thing, for the rights matrix."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from typing import Any
from uuid import UUID

from pydantic import SecretStr

from crm_app.domain.accounts.views import ProfileUpdate
from crm_app.domain.addressbooks.schemas import BookChoice
from crm_app.domain.ai.features import Feature
from crm_app.domain.ai.schemas import FeatureUpdate, ModelCreate, ModelUpdate, PreferenceUpdate, ProviderCreate, ProviderUpdate
from crm_app.domain.ai.schemas import SettingsUpdate as AiSettingsUpdate
from crm_app.domain.ai.selector import Need
from crm_app.domain.analyses.models import SubjectKind
from crm_app.domain.analyses.schemas import Made, Subject, Wanted
from crm_app.domain.audit.schemas import AuditFilter
from crm_app.domain.cadence.schemas import AwayCreate, DueFilter
from crm_app.domain.calendar.schemas import CalendarChoice
from crm_app.domain.calendar.writing_schemas import EventWish, NewEventWish
from crm_app.domain.connections.schemas import ConnectionCreate, ConnectionUpdate
from crm_app.domain.consents.kinds import Purpose
from crm_app.domain.consents.schemas import ConsentCreate, TextCreate
from crm_app.domain.contacts.schemas import ContactCreate, ContactFilter, ContactUpdate, SensitiveUpdate
from crm_app.domain.conversations.schemas import TurnCreate, TurnDone
from crm_app.domain.dashboard.layout import Layout
from crm_app.domain.disclosure.schemas import Ref, SensitiveField, SourceFilter, SourceKind
from crm_app.domain.documents.schemas import DocumentUpdate
from crm_app.domain.drives.schemas import Pick
from crm_app.domain.goals.schemas import CheckInCreate, CheckInUpdate, GoalCreate, GoalFilter, GoalUpdate
from crm_app.domain.google.schemas import GoogleClientUpdate
from crm_app.domain.interactions.schemas import InteractionCreate, InteractionFilter, InteractionUpdate
from crm_app.domain.letters.schemas import LetterInput, LetterUpdate, TemplateInput, TemplateUpdate
from crm_app.domain.mail.schemas import FolderChoice, MailboxUpdate, SendingSet
from crm_app.domain.meaning.schemas import Asked
from crm_app.domain.mentions.schemas import Draft
from crm_app.domain.notifications.schemas import NotificationFilter, SettingsUpdate
from crm_app.domain.programmes.schemas import CorrectionCreate, ProgrammeCreate, ProgrammeFilter, ProgrammeUpdate
from crm_app.domain.projects.schemas import ProjectCreate, ProjectUpdate
from crm_app.domain.rows import now
from crm_app.domain.saved_views.schemas import SavedViewCreate, SavedViewUpdate
from crm_app.domain.spending.models import Period, Scope
from crm_app.domain.spending.schemas import CallDone, CallPlan, Refusal, Turn
from crm_app.domain.spending.views import CallFilter, LimitSet, ReportFilter
from crm_app.domain.suggestions import standing
from crm_app.domain.suggestions.payloads import NewTask
from crm_app.domain.suggestions.schemas import (
    Approval,
    Approvals,
    ProposalCreate,
    Rejection,
    Rejections,
    Revision,
    Snooze,
    SuggestionFilter,
    Undoing,
)
from crm_app.domain.tasks.overview_schemas import GroupBy, TaskPlace
from crm_app.domain.tasks.schemas import StepCreate, StepUpdate, TaskChange, TaskCreate, TaskFilter, TaskNarrowing, TaskUpdate
from crm_app.domain.team.schemas import HandOver, Invite, TeamUpdate

PASSWORD = "correct horse battery staple"
TABLE = b"Name,E-mail\nKim Seedling,kim@mail.example\n"
PICTURE = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
Arguments = Callable[[UUID, int], tuple[Any, ...]]
ALONE: Arguments = lambda key, version: (key,)  # noqa: E731
LISTED: Arguments = lambda key, version: ([key],)  # noqa: E731
HEIR = UUID("01890000-0000-7000-8000-0000000000b3")  # the member among those who ask
TEAM_CONTACT = UUID("01890000-0000-7000-8000-0000000000c1")
"""A contact of the team's whom every event of the tests concerns."""
NOTHING: Arguments = lambda key, version: ()  # noqa: E731
WANTED = Wanted(subject=Subject(kind=SubjectKind.CONTACT, id=TEAM_CONTACT), skill="insight", fingerprint="f")
SUGGESTED = "canary-7f3a"
SEEN = standing.standing_of(NewTask(title=SUGGESTED), standing.basis_of(standing.differences(NewTask(title=SUGGESTED), standing.Seen({}, {}, {}, frozenset()))))
"""What somebody saw who approves it."""
TEAM_DOCUMENT = UUID("01890000-0000-7000-8000-0000000000f4")
"""A file of that contact."""
MY_UPLOAD = UUID(int=0)
"""Stands for a picture that the asker uploaded."""
MY_FILE = UUID("01890000-0000-7000-8000-0000000000f2")
"""Stands for a file that the asker uploaded."""
MY_ATTACHED = UUID("01890000-0000-7000-8000-0000000000f3")
"""Stands for a file that hangs on the asker's own letter."""

A_CALL = CallPlan(
    feature=Feature.ASSISTANT, model_label="Balanced", input_tokens=100, max_output=100, input_price=1_000_000, output_price=1_000_000, sent=(Turn("user", "Hello"),)
)
A_REFUSAL = Refusal(
    meter_id=UUID(int=1), scope=Scope.USER, subject="", period=Period.DAY, limit_micros=1, left_micros=0, cost_micros=1, ends_at=LONG_AGO
)


def photo_sha(key: UUID) -> str:
    """The ETag that the photo with this key has in the team of the tests."""
    return sha256(key.bytes).hexdigest()


AHEAD = date.today() + timedelta(days=30)

SERVICES: dict[str, Arguments] = {
    "consents.get_consents": ALONE,
    "consents.record_consents": lambda key, version: (ConsentCreate(contact_ids=[key], purposes=["ai", "marketing"]),),
    "consents.list_texts": NOTHING,
    "consents.add_text": lambda key, version: (TextCreate(purpose="ai", wording="In other words"),),
    "consents.find_agreed": lambda key, version: ([TEAM_CONTACT], Purpose.AI),
    "disclosure.readable_ids": LISTED,
    "disclosure.count_by_stage": NOTHING,
    "disclosure.require_readable": LISTED,
    "disclosure.get_dossier": ALONE,
    "disclosure.find_sources": lambda key, version: (SourceFilter(words="seedling"),),
    "disclosure.get_sources": lambda key, version: ([Ref(SourceKind.CONTACT, TEAM_CONTACT)],),
    "disclosure.get_document_part": ALONE,
    "disclosure.get_reach": NOTHING,
    "disclosure.set_reach": lambda key, version: ([SensitiveField.HEALTH_GOALS],),
    "cadence.list_due": lambda key, version: (DueFilter(mine=False),),
    "cadence.count_due": lambda key, version: (DueFilter(mine=False),),
    "cadence.snooze_contacts": lambda key, version: ([key], AHEAD),
    "cadence.get_cadence_rules": NOTHING,
    "cadence.set_stage_cadence": lambda key, version: ("core_client", 30),
    "cadence.set_tag_cadence": lambda key, version: (key, 30),
    "cadence.set_counted_kinds": lambda key, version: (["call", "meeting"],),
    "cadence.recount_contacts": lambda key, version: (None,),
    "cadence.list_away": NOTHING,
    "cadence.create_away": lambda key, version: (AwayCreate(starts_on=AHEAD, ends_on=AHEAD),),
    "cadence.delete_away": ALONE,
    "cadence.list_birthdays": NOTHING,
    "cadence.get_feed": NOTHING,
    "cadence.create_feed": NOTHING,
    "cadence.revoke_feed": NOTHING,
    "cadence.list_feed_items": NOTHING,
    "saved_views.list_views": NOTHING,
    "saved_views.create_view": lambda key, version: (SavedViewCreate(name="Mornings", query="stage=curious"),),
    "saved_views.update_view": lambda key, version: (key, SavedViewUpdate(version=version, name="Evenings")),
    "saved_views.order_views": LISTED,
    "saved_views.delete_view": ALONE,
    "contacts.count_lists": lambda key, version: ((ContactFilter(),),),
    "palette.find_anything": lambda key, version: ("seedling",),
    "meaning.find_by_meaning": lambda key, version: (Asked("seedling"),),
    "meaning.get_meaning_progress": lambda key, version: (),
    "meaning.get_meaning_state": lambda key, version: (),
    "meaning.get_reading_estimate": lambda key, version: (),
    "contacts.list_contacts": lambda key, version: (ContactFilter(),),
    "contacts.get_board": lambda key, version: (ContactFilter(),),
    "contacts.get_contact": ALONE,
    "contacts.get_neighbours": lambda key, version: (key, ContactFilter()),
    "contacts.create_contact": lambda key, version: (ContactCreate(display_name="New"),),
    "contacts.update_contact": lambda key, version: (key, ContactUpdate(version=version, company="Changed")),
    "contacts.update_sensitive": lambda key, version: (key, SensitiveUpdate(health_goals="Changed")),
    "contacts.find_duplicates": lambda key, version: (ContactCreate(display_name="New"),),
    "contacts.save_draft": lambda key, version: ("note:x", "typing"),
    "contacts.get_draft": lambda key, version: ("note:x",),
    "contacts.set_favourite": lambda key, version: ([key], False),
    "contacts.set_stage": lambda key, version: ([key], "ambassador"),
    "contacts.archive_contacts": LISTED,
    "contacts.unarchive_contacts": LISTED,
    "contacts.set_audience": lambda key, version: ([key], "team"),
    "contacts.set_audience#private": lambda key, version: ([key], "private"),
    "contacts.update_contact#private": lambda key, version: (key, ContactUpdate(version=version, audience="private", company="Changed")),
    "contacts.set_photo": lambda key, version: (key, MY_UPLOAD),
    "contacts.remove_photo": ALONE,
    "contacts.add_tags": lambda key, version: ([key], ["shared tag", "another"]),
    "contacts.remove_tags": lambda key, version: ([key], ["shared tag"]),
    "contacts.preview_delete": LISTED,
    "contacts.delete_contacts": LISTED,
    "contacts.restore_contacts": LISTED,
    "contacts.bulk_create": lambda key, version: ([ContactCreate(display_name="New")],),
    "documents.keep_upload": lambda key, version: ("notes.txt", b"What was said"),
    "documents.add_document": lambda key, version: (key, MY_FILE),
    "documents.create_document": lambda key, version: (key, "notes.txt", b"What was said"),
    "documents.update_document": lambda key, version: (key, DocumentUpdate(version=version, name="Changed.txt")),
    "documents.update_document#private": lambda key, version: (key, DocumentUpdate(version=version, audience="private", name="Changed.txt")),
    "documents.delete_document": ALONE,
    "documents.restore_document": ALONE,
    "documents.get_document": ALONE,
    "documents.get_document_text": ALONE,
    "documents.get_document_file": ALONE,
    "documents.list_documents": ALONE,
    "interactions.log_interaction": lambda key, version: (InteractionCreate(kind="note", body="x", contact_ids=[key]),),
    "interactions.get_interaction": ALONE,
    "interactions.update_interaction": lambda key, version: (key, InteractionUpdate(version=version, subject="Changed")),
    "interactions.update_interaction#private": lambda key, version: (key, InteractionUpdate(version=version, audience="private", subject="Changed")),
    "interactions.delete_interaction": ALONE,
    "interactions.restore_interaction": ALONE,
    "interactions.list_timeline": ALONE,
    "interactions.list_recent": NOTHING,
    "interactions.list_interactions": lambda key, version: (InteractionFilter(contact_id=key),),
    "mentions.foresee_mentions": lambda key, version: (Draft(text="@Alice", contact_ids=(key,)),),
    "tasks.create_task": lambda key, version: (TaskCreate(title="New", contact_ids=[key]),),
    "tasks.get_task": ALONE,
    "tasks.update_task": lambda key, version: (key, TaskUpdate(version=version, title="Changed")),
    "tasks.update_task#private": lambda key, version: (key, TaskUpdate(version=version, audience="private", title="Changed")),
    "tasks.complete_tasks": LISTED,
    "tasks.reopen_tasks": LISTED,
    "tasks.postpone_tasks": lambda key, version: ([key], 3),
    "tasks.delete_tasks": LISTED,
    "tasks.restore_tasks": LISTED,
    "tasks.list_tasks": lambda key, version: (TaskFilter(contact_id=key),),
    "tasks.get_task_board": ALONE,
    "tasks.get_status_board": lambda key, version: (False, TaskNarrowing(project_id=key)),
    "tasks.get_task_calendar": lambda key, version: (AHEAD, 7, False, TaskNarrowing(project_id=key)),
    "tasks.get_task_figures": NOTHING,
    "tasks.get_task_groups": lambda key, version: (GroupBy.PRIORITY, False, TaskNarrowing(project_id=key)),
    "tasks.list_assignees": NOTHING,
    "tasks.get_side_facts": NOTHING,
    "tasks.count_open_tasks": NOTHING,
    "tasks.count_with_assistant": NOTHING,
    "goals.create_goal": lambda key, version: (GoalCreate(title="New", target_value=3, contact_id=key),),
    "goals.update_goal": lambda key, version: (key, GoalUpdate(version=version, title="Changed")),
    "goals.update_goal#private": lambda key, version: (key, GoalUpdate(version=version, audience="private", title="Changed")),
    "goals.archive_goals": LISTED,
    "goals.unarchive_goals": LISTED,
    "goals.delete_goals": LISTED,
    "goals.restore_goals": LISTED,
    "goals.get_goal": ALONE,
    "goals.get_goal_record": ALONE,
    "goals.list_goals": lambda key, version: (GoalFilter(contact_id=key),),
    "goals.list_goal_records": ALONE,
    "goals.list_milestones": ALONE,
    "goals.check_in": lambda key, version: (key, CheckInCreate(value=2)),
    "goals.update_check_in": lambda key, version: (key, CheckInUpdate(version=version, value=2)),
    "goals.delete_check_in": ALONE,
    "goals.list_check_ins": ALONE,
    "calendar.get_range": lambda key, version: (AHEAD, 7),
    "calendar.get_event": ALONE,
    "calendar.get_contact_meetings": ALONE,
    "calendar.link_contact": lambda key, version: (key, TEAM_CONTACT),
    "calendar.unlink_contact": lambda key, version: (key, TEAM_CONTACT),
    "calendar.create_event": lambda key, version: (key, NewEventWish(title="New", start_date=AHEAD, end_date=AHEAD + timedelta(days=1))),
    "calendar.change_event": lambda key, version: (key, version, EventWish(title="Another name")),
    "calendar.delete_event": lambda key, version: (key, version),
    "calendar.get_change": ALONE,
    "calendar.list_changes": NOTHING,
    "calendar.withdraw_change": ALONE,
    "mail.get_threads": NOTHING,
    "mail.get_thread": ALONE,
    "mail.find_attachment": lambda key, version: (key, "2"),
    "mail.link_contact": lambda key, version: (key, TEAM_CONTACT),
    "mail.unlink_contact": lambda key, version: (key, TEAM_CONTACT),
    "mail.mark_irrelevant": lambda key, version: (key, True),
    "mail.share_thread": lambda key, version: (key, "metadata"),
    "mail.list_rules": NOTHING,
    "mail.set_rule": lambda key, version: ("somebody@mail.example", "never"),
    "mail.remove_rule": ALONE,
    "mail.get_mailbox": ALONE,
    "mail.update_mailbox": lambda key, version: (key, MailboxUpdate(version=version, shown="subject")),
    "mail.choose_folder": lambda key, version: (key, FolderChoice(version=version, synced=False)),
    "mail.set_sending": lambda key, version: (key, SendingSet(version=version)),
    "conversations.list_conversations": NOTHING,
    "conversations.get_conversation": ALONE,
    "conversations.begin_turn": lambda key, version: (TurnCreate(question="How is Ana?"),),
    "conversations.get_talk": ALONE,
    "conversations.get_turn": ALONE,
    "conversations.hear_turn": ALONE,
    "conversations.stop_turn": ALONE,
    "conversations.settle_turn": lambda key, version: (key, TurnDone(state="done", answer="Well.")),
    "conversations.rename_conversation": lambda key, version: (key, "Another title", version),
    "conversations.delete_conversation": ALONE,
    "letters.list_senders": NOTHING,
    "letters.list_letters": NOTHING,
    "letters.get_letter": ALONE,
    "letters.get_new_letter": NOTHING,
    "letters.create_letter": lambda key, version: (LetterInput(contact_id=key),),
    "letters.update_letter": lambda key, version: (key, LetterUpdate(version=version, body="Another word")),
    "letters.discard_letter": ALONE,
    "letters.keep_file": lambda key, version: ("plan.pdf", PICTURE),
    "letters.attach_file": lambda key, version: (key, MY_ATTACHED),
    "letters.attach_document": lambda key, version: (key, TEAM_DOCUMENT),
    "letters.list_files_at_hand": NOTHING,
    "letters.detach_file": lambda key, version: (key, MY_ATTACHED),
    "letters.send_letter": ALONE,
    "letters.take_back": ALONE,
    "letters.send_now": ALONE,
    "letters.decide_letter": ALONE,
    "letters.list_templates": NOTHING,
    "letters.create_template": lambda key, version: (TemplateInput(name="Reminder"),),
    "letters.update_template": lambda key, version: (key, TemplateUpdate(version=version, name="Another name")),
    "letters.delete_template": ALONE,
    "letters.get_filled_template": ALONE,
    "delegations.delegate_task": ALONE,
    "delegations.cancel_delegation": ALONE,
    "delegations.get_delegation": ALONE,
    "suggestions.propose": lambda key, version: (ProposalCreate(kind="add_note", payload={"contact_ids": [str(key)], "body": "x"}),),
    "suggestions.get_suggestion": ALONE,
    "suggestions.list_suggestions": lambda key, version: (SuggestionFilter(),),
    "suggestions.count_suggestions": NOTHING,
    "suggestions.count_waiting": NOTHING,
    "suggestions.find_of_call": lambda key, version: (MY_UPLOAD,),
    "suggestions.approve_suggestion": lambda key, version: (key, Approval(standing=SEEN)),
    "suggestions.approve_many": lambda key, version: (Approvals(seen={key: SEEN}),),
    "suggestions.reject_many": lambda key, version: (Rejections(ids={key}),),
    "suggestions.undo_many": lambda key, version: (Undoing(ids={key}),),
    "suggestions.reject_suggestion": lambda key, version: (key, Rejection(reason="Not now")),
    "suggestions.snooze_suggestion": lambda key, version: (key, Snooze(until=now() + timedelta(days=1))),
    "suggestions.revise_suggestion": lambda key, version: (key, Revision(version=version, payload={"title": "Another"})),
    "suggestions.undo_suggestion": ALONE,
    "programmes.create_programme": lambda key, version: (ProgrammeCreate(name="New", sessions_total=3, contact_id=key),),
    "programmes.update_programme": lambda key, version: (key, ProgrammeUpdate(version=version, name="Changed")),
    "programmes.correct_used": lambda key, version: (key, CorrectionCreate(used=2, reason="Counted by hand")),
    "programmes.delete_programmes": LISTED,
    "programmes.restore_programmes": LISTED,
    "programmes.get_programme": ALONE,
    "programmes.list_programmes": lambda key, version: (ProgrammeFilter(contact_id=key),),
    "programmes.list_corrections": ALONE,
    "tasks.change_tasks": lambda key, version: ([key], TaskChange(priority="high", due_date=AHEAD, add_tags=["shared tag"])),
    "tasks.list_steps": ALONE,
    "tasks.place_task": lambda key, version: (key, TaskPlace(beside=key)),
    "tasks.start_timer": ALONE,
    "tasks.stop_timer": ALONE,
    "tasks.add_step": lambda key, version: (key, StepCreate(title="Another")),
    "tasks.update_step": lambda key, version: (key, StepUpdate(done=True)),
    "tasks.delete_step": ALONE,
    "projects.list_projects": NOTHING,
    "projects.get_project": ALONE,
    "projects.create_project": lambda key, version: (ProjectCreate(title="New"),),
    "projects.update_project": lambda key, version: (key, ProjectUpdate(version=version, title="Changed")),
    "projects.update_project#private": lambda key, version: (key, ProjectUpdate(version=version, audience="private", title="Changed")),
    "projects.delete_project": ALONE,
    "projects.restore_project": ALONE,
    "tasks.create_task#project": lambda key, version: (TaskCreate(title="New", project_id=key),),
    "tasks.list_tasks#project": lambda key, version: (TaskFilter(project_id=key),),
    "ai.get_ai": NOTHING,
    "ai.get_settings": NOTHING,
    "ai.change_settings": lambda key, version: (AiSettingsUpdate(version=1, pseudonymise=True),),
    "ai.list_features": NOTHING,
    "ai.choose_feature": lambda key, version: (Feature.BRIEFING, FeatureUpdate(enabled=False)),
    "ai.get_preference": NOTHING,
    "ai.set_preference": lambda key, version: (PreferenceUpdate(local_only=True),),
    "ai.list_providers": NOTHING,
    "ai.get_provider": ALONE,
    "ai.create_provider": lambda key, version: (ProviderCreate(provider="mistral", key=SecretStr("new")),),
    "ai.create_provider#own": lambda key, version: (ProviderCreate(provider="mistral", key=SecretStr("new"), own=True),),
    "ai.update_provider": lambda key, version: (key, ProviderUpdate(version=version, name="Changed")),
    "ai.delete_provider": ALONE,
    "ai.list_models": NOTHING,
    "ai.create_models": lambda key, version: (key, [ModelCreate(name="new", context_tokens=1_000, max_output=100)]),
    "ai.update_model": lambda key, version: (key, ModelUpdate(version=version, label="Changed")),
    "ai.delete_model": ALONE,
    "ai.try_provider": ALONE,
    "ai.choose_models": lambda key, version: (Need(feature=Feature.ASSISTANT, input_tokens=100, max_output=100),),
    "google.get_google": NOTHING,
    "google.set_google_client": lambda key, version: (GoogleClientUpdate(client_id="1234-new.apps.googleusercontent.com", secret=SecretStr("GOCSPX-new-one")),),
    "google.remove_google_client": NOTHING,
    "google.begin_sign_in": NOTHING,
    "connections.get_connections": NOTHING,
    "connections.get_sync_health": NOTHING,
    "connections.create_connection": lambda key, version: (ConnectionCreate(kind="ics", name="New", url="https://feeds.example.org/new.ics"),),
    "connections.update_connection": lambda key, version: (key, ConnectionUpdate(version=version, name="Changed")),
    "connections.delete_connection": ALONE,
    "connections.count_connection_parts": ALONE,
    "connections.pause_connection": ALONE,
    "connections.resume_connection": ALONE,
    "connections.sync_now": ALONE,
    "connections.test_connection": ALONE,
    "drives.get_contact_drives": ALONE,
    "drives.list_links": ALONE,
    "drives.list_linked": ALONE,
    "drives.link_files": lambda key, version: (key, TEAM_CONTACT, [Pick(ref="f1", name="Notes")]),
    "drives.unlink_file": ALONE,
    "addressbooks.list_copies": ALONE,
    "addressbooks.get_contact_books": ALONE,
    "addressbooks.list_open_books": NOTHING,
    "addressbooks.put_into_book": lambda key, version: (key, TEAM_CONTACT),
    "addressbooks.leave_out_of_book": lambda key, version: (key, TEAM_CONTACT),
    "addressbooks.settle_copy": lambda key, version: (key, "kept", False),
    "addressbooks.choose_book": lambda key, version: (key, BookChoice(version=version, synced=False)),
    "connections.choose_calendar": lambda key, version: (key, CalendarChoice(version=version, shown=False)),
    "connections.list_runs": ALONE,
    "connections.list_problems": ALONE,
    "connections.retry_problems": ALONE,
    "analyses.want_analysis": lambda key, version: (WANTED,),
    "analyses.take_analysis": ALONE,
    "analyses.store_analysis": lambda key, version: (key, Made(fingerprint="f", value={"text": "Well"}, model_label="m", why="w", cost_micros=1, call_id=key)),
    "analyses.fail_analysis": lambda key, version: (key, "Nobody answered."),
    "analyses.postpone_analysis": lambda key, version: (key, "Nothing is left."),
    "analyses.get_analysis": lambda key, version: (WANTED.subject, WANTED.skill),
    "analyses.list_analyses": lambda key, version: (WANTED.skill, WANTED.subject.kind, [WANTED.subject.id]),
    "analyses.list_due_analyses": NOTHING,
    "analyses.forget_analysis": lambda key, version: (WANTED.subject, WANTED.skill),
    "spending.reserve_call": lambda key, version: (A_CALL,),
    "spending.settle_call": lambda key, version: (key, CallDone(input_tokens=10, output_tokens=10)),
    "spending.release_call": lambda key, version: (key, "down"),
    "spending.tell_refused": lambda key, version: (A_REFUSAL,),
    "spending.get_spending": NOTHING,
    "spending.list_people_spending": NOTHING,
    "spending.set_limit": lambda key, version: (LimitSet(scope=Scope.TEAM, period=Period.DAY, limit_micros=1),),
    "spending.set_limit#person": lambda key, version: (LimitSet(scope=Scope.USER, subject=str(key), period=Period.DAY, limit_micros=1),),
    "spending.set_limit#own": lambda key, version: (LimitSet(scope=Scope.OWN, subject=str(key), period=Period.DAY, limit_micros=1),),
    "spending.get_report": lambda key, version: (ReportFilter(first=LONG_AGO.date(), last=LONG_AGO.date()),),
    "spending.get_report#everybody": lambda key, version: (ReportFilter(first=LONG_AGO.date(), last=LONG_AGO.date(), everybody=True),),
    "spending.export_spending": lambda key, version: (ReportFilter(first=LONG_AGO.date(), last=LONG_AGO.date()), BytesIO()),
    "spending.export_spending#everybody": lambda key, version: (ReportFilter(first=LONG_AGO.date(), last=LONG_AGO.date(), everybody=True), BytesIO()),
    "spending.list_calls": lambda key, version: (CallFilter(),),
    "spending.get_call": ALONE,
    "tags.list_tags": NOTHING,
    "tags.create_tag": lambda key, version: ("a new tag",),
    "tags.rename_tag": lambda key, version: (key, "another name"),
    "tags.delete_tag": ALONE,
    "dashboard.load_dashboard": NOTHING,
    "dashboard.arrange_dashboard": lambda key, version: (Layout(),),
    "changes.undo_change_set": ALONE,
    "changes.list_history": lambda key, version: ("contact", key),
    "changes.list_history#interaction": lambda key, version: ("interaction", key),
    "changes.list_history#task": lambda key, version: ("task", key),
    "jobs.enqueue_job": lambda key, version: ("contacts.import", {}),
    "jobs.start_job": ALONE,
    "jobs.get_job": ALONE,
    "jobs.list_jobs": NOTHING,
    "jobs.claim_own_job": ALONE,
    "jobs.request_cancel": ALONE,
    "jobs.report_progress": lambda key, version: (key, 1, 2),
    "jobs.renew_lease": ALONE,
    "jobs.finish_job": lambda key, version: (key, {}),
    "jobs.fail_job": lambda key, version: (key, "No reason."),
    "jobs.cancel_job": ALONE,
    "jobs.release_job": ALONE,
    "accounts.get_team_name": NOTHING,
    "accounts.get_shell_facts": NOTHING,
    "accounts.get_profile": NOTHING,
    "accounts.list_people": NOTHING,
    "accounts.update_profile": lambda key, version: (ProfileUpdate(name="Another name"),),
    "accounts.set_theme": lambda key, version: ("dark",),
    "accounts.set_whose": lambda key, version: ("mine",),
    "accounts.set_sidebar": lambda key, version: (True,),
    "accounts.change_password": lambda key, version: (PASSWORD, "another long horse battery"),
    "accounts.get_security": NOTHING,
    "accounts.list_sessions": NOTHING,
    "accounts.revoke_session": ALONE,
    "accounts.revoke_other_sessions": NOTHING,
    "accounts.list_tokens": NOTHING,
    "accounts.create_token": lambda key, version: ("for a script",),
    "accounts.revoke_token": ALONE,
    "exports.export_contacts": lambda key, version: ("json", BytesIO()),
    "imports.keep_photo": lambda key, version: ("face.png", PICTURE),
    "files.get_photo": lambda key, version: (photo_sha(key),),
    "imports.upload_import": lambda key, version: ("people.csv", TABLE),
    "imports.get_import": ALONE,
    "imports.set_mapping": lambda key, version: (key, {0: "display_name", 1: "email"}),
    "imports.choose_sheet": lambda key, version: (key, ""),
    "imports.preview_import": ALONE,
    "imports.start_import": ALONE,
    "imports.run_import": ALONE,
    "imports.import_file": lambda key, version: ("people.csv", TABLE),
    "imports.undo_import": ALONE,
    "imports.discard_import": ALONE,
    "imports.get_problems_csv": ALONE,
    "team.get_team": NOTHING,
    "team.list_members": NOTHING,
    "team.update_team": lambda key, version: (TeamUpdate(name="Another name"),),
    "team.load_team_page": NOTHING,
    "team.change_role": lambda key, version: (key, "viewer"),
    "team.disable_member": ALONE,
    "team.enable_member": ALONE,
    "team.sign_out_member": ALONE,
    "team.offer_reset": ALONE,
    "team.transfer_team": lambda key, version: (key, PASSWORD),
    "team.preview_hand_over": ALONE,
    "team.start_hand_over": lambda key, version: (HandOver(leaver_id=key, heir_id=HEIR),),
    "team.run_hand_over": ALONE,
    "team.invite": lambda key, version: (Invite(email="somebody@new.example"),),
    "team.list_invitations": NOTHING,
    "team.revoke_invitation": ALONE,
    "audit.list_audit": lambda key, version: (AuditFilter(),),
    "audit.check_audit": NOTHING,
    "notifications.list_notifications": lambda key, version: (NotificationFilter(),),
    "notifications.count_unread": NOTHING,
    "notifications.list_calls": lambda key, version: (LONG_AGO,),
    "notifications.mark_read": LISTED,
    "notifications.mark_unread": LISTED,
    "notifications.mark_all_read": NOTHING,
    "notifications.stop_digest": NOTHING,
    "notifications.send_test": NOTHING,
    "notifications.get_notification_settings": NOTHING,
    "notifications.update_notification_settings": lambda key, version: (SettingsUpdate(quiet=True),),
    "outbox.load_mail_page": NOTHING,
    "outbox.send_test_mail": NOTHING,
    "outbox.send_again": ALONE,
    "outbox.forget_mail": ALONE,
    "requests.claim_key": lambda key, version: (str(key), "fingerprint"),
}

RUNNING = {"attempt": 1, "progress": lambda done, total: None}
KEYWORDS: dict[str, dict[str, Any]] = {"imports.run_import": RUNNING, "team.run_hand_over": RUNNING, "mail.mark_irrelevant": {"version": 1}, "mail.share_thread": {"version": 1},
    "letters.discard_letter": {"version": 1}, "letters.send_letter": {"version": 1}, "letters.attach_file": {"version": 1}, "letters.attach_document": {"version": 1},
    "letters.detach_file": {"version": 1}, "letters.decide_letter": {"arrived": True}}
KEYWORDS["analyses.fail_analysis"] = {"may_retry": True}

Body = Callable[[UUID, int], dict[str, Any] | None]
EMPTY: Body = lambda key, version: None  # noqa: E731

ROUTES: dict[str, Body] = {
    "PUT /v1/events/{event_id}/contacts/{contact_id}": EMPTY,
    "PUT /v1/address-books/{book_id}/contacts/{contact_id}": EMPTY,
    "POST /v1/events": lambda key, version: {"calendar_id": str(key), "title": "New", "start_date": "2026-12-01", "end_date": "2026-12-02"},
    "PATCH /v1/events/{event_id}": lambda key, version: {"version": version, "title": "Changed"},
    "PUT /v1/mail/threads/{thread_id}/contacts/{contact_id}": EMPTY,
    "PUT /v1/mail/threads/{thread_id}/irrelevant": lambda key, version: {"version": version, "irrelevant": True},
    "PUT /v1/mail/threads/{thread_id}/shown": lambda key, version: {"version": version, "shown": "metadata"},
    "PUT /v1/mail/rules": lambda key, version: {"address": "somebody@mail.example", "verdict": "never"},
    "POST /v1/letters": lambda key, version: {"contact_id": str(key)},
    "PATCH /v1/letters/{letter_id}": lambda key, version: {"version": version, "body": "Another word"},
    "POST /v1/letters/{letter_id}/files": lambda key, version: {"version": version, "document_id": str(TEAM_DOCUMENT)},
    "POST /v1/letters/{letter_id}/send": lambda key, version: {"version": version},
    "POST /v1/letters/{letter_id}/take-back": EMPTY,
    "POST /v1/letters/{letter_id}/send-now": EMPTY,
    "POST /v1/letters/{letter_id}/decide": lambda key, version: {"arrived": True},
    "POST /v1/templates": lambda key, version: {"name": "Reminder"},
    "PATCH /v1/templates/{template_id}": lambda key, version: {"version": version, "name": "Another name"},
    "POST /v1/contacts": lambda key, version: {"display_name": "New"},
    "PATCH /v1/contacts/{contact_id}": lambda key, version: {"version": version, "company": "Changed"},
    "PUT /v1/contacts/{contact_id}/sensitive": lambda key, version: {"health_goals": "Changed"},
    "POST /v1/contacts/{contact_id}/consents": lambda key, version: {"purposes": ["ai"], "channel": "paper"},
    "POST /v1/contacts/{contact_id}/documents": lambda key, version: {"name": "notes.txt", "content": "V2hhdCB3YXMgc2FpZA=="},
    "PATCH /v1/documents/{document_id}": lambda key, version: {"version": version, "name": "Changed.txt"},
    "POST /v1/interactions": lambda key, version: {"kind": "note", "body": "x", "contact_ids": [str(key)]},
    "PATCH /v1/interactions/{interaction_id}": lambda key, version: {"version": version, "subject": "Changed"},
    "POST /v1/suggestions": lambda key, version: {"kind": "add_note", "payload": {"contact_ids": [str(key)], "body": "x"}},
    "POST /v1/suggestions/approve": lambda key, version: {"seen": {str(key): SEEN}},
    "POST /v1/suggestions/reject": lambda key, version: {"ids": [str(key)]},
    "POST /v1/suggestions/undo": lambda key, version: {"ids": [str(key)]},
    "PATCH /v1/suggestions/{suggestion_id}": lambda key, version: {"version": version, "payload": {"title": "Another"}},
    "POST /v1/suggestions/{suggestion_id}/approve": lambda key, version: {"standing": SEEN},
    "POST /v1/suggestions/{suggestion_id}/reject": lambda key, version: {"reason": "Not now"},
    "POST /v1/suggestions/{suggestion_id}/snooze": lambda key, version: {"until": (now() + timedelta(days=1)).isoformat()},
    "POST /v1/tasks": lambda key, version: {"title": "New", "contact_ids": [str(key)]},
    "PATCH /v1/tasks/{task_id}": lambda key, version: {"version": version, "title": "Changed"},
    "POST /v1/goals": lambda key, version: {"title": "New", "target_value": 3, "contact_id": str(key)},
    "PATCH /v1/goals/{goal_id}": lambda key, version: {"version": version, "title": "Changed"},
    "POST /v1/goals/{goal_id}/check-ins": lambda key, version: {"value": 2},
    "PATCH /v1/check-ins/{check_in_id}": lambda key, version: {"version": version, "value": 2},
    "POST /v1/programmes": lambda key, version: {"name": "New", "sessions_total": 3, "contact_id": str(key)},
    "PATCH /v1/programmes/{programme_id}": lambda key, version: {"version": version, "name": "Changed"},
    "POST /v1/programmes/{programme_id}/corrections": lambda key, version: {"used": 2, "reason": "Counted by hand"},
    "POST /v1/tasks/{task_id}/place": lambda key, version: {"beside": str(key)},
    "POST /v1/tasks/{task_id}/steps": lambda key, version: {"title": "Another"},
    "PATCH /v1/steps/{step_id}": lambda key, version: {"done": True},
    "POST /v1/projects": lambda key, version: {"title": "New"},
    "PATCH /v1/projects/{project_id}": lambda key, version: {"version": version, "title": "Changed"},
    "POST /v1/tags": lambda key, version: {"name": "a new tag"},
    "PATCH /v1/ai/settings": lambda key, version: {"version": 1, "pseudonymise": True},
    "PATCH /v1/ai/features": lambda key, version: {"feature": "briefing", "enabled": False},
    "PATCH /v1/ai/preference": lambda key, version: {"local_only": True},
    "POST /v1/ai/providers": lambda key, version: {"provider": "mistral", "key": "new"},
    "PATCH /v1/ai/providers/{provider_id}": lambda key, version: {"version": version, "name": "Changed"},
    "POST /v1/ai/providers/{provider_id}/models": lambda key, version: {"name": "new", "context_tokens": 1000, "max_output": 100},
    "PATCH /v1/ai/models/{model_id}": lambda key, version: {"version": version, "label": "Changed"},
    "PATCH /v1/tags/{tag_id}": lambda key, version: {"name": "another name"},
    "POST /v1/connections/{connection_id}/sync": lambda key, version: {"full": True},
    "PUT /v1/ai/limits": lambda key, version: {"scope": "team", "period": "day", "limit_micros": 1},
    "POST /v1/notifications/read": EMPTY,
    "POST /v1/notifications/test": EMPTY,
    "POST /v1/notifications/{notification_id}/read": EMPTY,
    "POST /v1/notifications/{notification_id}/unread": EMPTY,
    "PATCH /v1/notification-settings": lambda key, version: {"quiet": True, "kinds": {"birthday": {"browser": True}}},
}
QUERIES = {
    "GET /v1/ai/spending/report": {"first": "2020-01-01", "last": "2020-01-31"}, "GET /v1/events": {"first": AHEAD.isoformat()}, "DELETE /v1/events/{event_id}": {"version": "1"}, "DELETE /v1/letters/{letter_id}": {"version": "1"},
    "DELETE /v1/letters/{letter_id}/files/{file_id}": {"version": "1"}}
"""What a route's address must ask beside its path."""


def address_of(path: str, key: UUID) -> str:
    """A route's address for this thing. The second thing that it names, if there is one, is the team's contact."""
    keys = iter((key, TEAM_CONTACT))
    return "/".join(str(next(keys)) if part.startswith("{") else part for part in path.split("/"))
