"""Every table, imported once, so that migrations and tests see the whole schema."""

from sqlmodel import SQLModel

from crm_app.domain.accounts.models import ApiToken, Credential, RateCounter, SetupCode, Team, UserAccount, UserSession
from crm_app.domain.audit.models import AuditEntry
from crm_app.domain.changes.models import Change, ChangeSet
from crm_app.domain.contacts.models import Contact, ContactPoint, ContactSensitive, ContactTag, SavedDraft
from crm_app.domain.files.models import Blob
from crm_app.domain.imports.models import ImportFile, ImportIdentity, ImportProblem
from crm_app.domain.interactions.models import Interaction, InteractionContact
from crm_app.domain.jobs.models import Job
from crm_app.domain.notifications.models import Notification, NotificationProfile, NotificationSetting
from crm_app.domain.requests.models import IdempotencyKey
from crm_app.domain.tags.models import Tag
from crm_app.domain.tasks.models import Task, TaskContact

metadata = SQLModel.metadata

__all__ = [
    "ApiToken", "AuditEntry", "Blob", "Change", "ChangeSet", "Contact", "ContactPoint", "ContactSensitive", "ContactTag", "Credential",
    "IdempotencyKey", "ImportFile", "ImportIdentity", "ImportProblem", "Interaction", "InteractionContact", "Job",
    "Notification", "NotificationProfile", "NotificationSetting",
    "RateCounter", "SavedDraft", "SetupCode", "Tag", "Task", "TaskContact", "Team", "UserAccount", "UserSession", "metadata",
]
