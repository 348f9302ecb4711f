"""Who may do what: one vocabulary, one table, one sentence for each refusal."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    """What a person is in the team."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"
    VIEWER = "viewer"


class Permission(StrEnum):
    """``subject:verb``. Ownership of a row is asked separately (``crm_app.domain.access``)."""

    CONTACT_READ = "contact:read"
    CONTACT_WRITE = "contact:write"
    CONTACT_DELETE = "contact:delete"
    CONTACT_IMPORT = "contact:import"
    CONTACT_EXPORT = "contact:export"
    INTERACTION_READ = "interaction:read"
    INTERACTION_WRITE = "interaction:write"
    TAG_READ = "tag:read"
    TAG_WRITE = "tag:write"
    DOCUMENT_READ = "document:read"
    DOCUMENT_WRITE = "document:write"
    TASK_READ = "task:read"
    TASK_WRITE = "task:write"
    GOAL_READ = "goal:read"
    GOAL_WRITE = "goal:write"
    PROGRAMME_READ = "programme:read"
    PROGRAMME_WRITE = "programme:write"
    CALENDAR_READ = "calendar:read"
    CALENDAR_WRITE = "calendar:write"
    MAIL_READ = "mail:read"
    MAIL_WRITE = "mail:write"
    DASHBOARD_READ = "dashboard:read"
    NOTIFICATION_READ = "notification:read"
    NOTIFICATION_WRITE = "notification:write"
    PROFILE_WRITE = "profile:write"
    TOKEN_MANAGE = "token:manage"  # noqa: S105  a permission's name
    CONNECTION_MANAGE = "connection:manage"
    CHANGE_UNDO = "change:undo"
    TEAM_READ = "team:read"
    TEAM_MANAGE = "team:manage"
    AUDIT_READ = "audit:read"
    AI_USE = "ai:use"
    AI_MANAGE = "ai:manage"


READING = frozenset(
    {
        Permission.CONTACT_READ,
        Permission.INTERACTION_READ,
        Permission.TAG_READ,
        Permission.DOCUMENT_READ,
        Permission.TASK_READ,
        Permission.GOAL_READ,
        Permission.PROGRAMME_READ,
        Permission.CALENDAR_READ,
        Permission.MAIL_READ,
        Permission.DASHBOARD_READ,
        Permission.TEAM_READ,
        Permission.NOTIFICATION_READ,
    }
)
OWN_ACCOUNT = frozenset({Permission.PROFILE_WRITE, Permission.TOKEN_MANAGE, Permission.NOTIFICATION_WRITE})
WRITING = frozenset(
    {
        Permission.CONTACT_WRITE,
        Permission.CONTACT_DELETE,
        Permission.CONTACT_IMPORT,
        Permission.CONTACT_EXPORT,
        Permission.INTERACTION_WRITE,
        Permission.TAG_WRITE,
        Permission.DOCUMENT_WRITE,
        Permission.TASK_WRITE,
        Permission.GOAL_WRITE,
        Permission.PROGRAMME_WRITE,
        Permission.CALENDAR_WRITE,
        Permission.MAIL_WRITE,
        Permission.CONNECTION_MANAGE,
        Permission.CHANGE_UNDO,
        Permission.AI_USE,
    }
)
ADMIN = frozenset({Permission.TEAM_MANAGE, Permission.AUDIT_READ, Permission.AI_MANAGE})

GRANTS = MappingProxyType(
    {
        Role.VIEWER: READING | OWN_ACCOUNT,
        Role.MEMBER: READING | OWN_ACCOUNT | WRITING,
        Role.ADMIN: READING | OWN_ACCOUNT | WRITING | ADMIN,
        Role.OWNER: READING | OWN_ACCOUNT | WRITING | ADMIN,
    }
)

REFUSALS = MappingProxyType(
    {
        Permission.CONTACT_READ: "You can't look at contacts with this sign-in.",
        Permission.CONTACT_WRITE: "You can look at contacts but not change them. Ask the owner of this team for the member role.",
        Permission.CONTACT_DELETE: "Only the person who owns a contact, or an admin, can delete it.",
        Permission.CONTACT_IMPORT: "You can't import contacts. Ask the owner of this team for the member role.",
        Permission.CONTACT_EXPORT: "You can't export contacts. Ask the owner of this team for the member role.",
        Permission.INTERACTION_READ: "You can't look at the timeline with this sign-in.",
        Permission.INTERACTION_WRITE: "You can read the timeline but not write to it. Ask the owner of this team for the member role.",
        Permission.TAG_READ: "You can't look at tags with this sign-in.",
        Permission.TAG_WRITE: "You can't change the team's tags. Ask the owner of this team for the member role.",
        Permission.DOCUMENT_READ: "You can't look at files with this sign-in.",
        Permission.DOCUMENT_WRITE: "You can look at files but not add or change them. Ask the owner of this team for the member role.",
        Permission.TASK_READ: "You can't look at tasks with this sign-in.",
        Permission.TASK_WRITE: "You can look at tasks but not change them. Ask the owner of this team for the member role.",
        Permission.GOAL_READ: "You can't look at goals with this sign-in.",
        Permission.GOAL_WRITE: "You can look at goals but not change them. Ask the owner of this team for the member role.",
        Permission.PROGRAMME_READ: "You can't look at programmes with this sign-in.",
        Permission.PROGRAMME_WRITE: "You can look at programmes but not change them. Ask the owner of this team for the member role.",
        Permission.CALENDAR_READ: "You can't look at calendars with this sign-in.",
        Permission.CALENDAR_WRITE: "You can look at calendars but not change them. Ask the owner of this team for the member role.",
        Permission.MAIL_READ: "You can't look at mail with this sign-in.",
        Permission.MAIL_WRITE: "You can look at mail but not change what becomes of it. Ask the owner of this team for the member role.",
        Permission.CONNECTION_MANAGE: "You can't connect calendars. Ask the owner of this team for the member role.",
        Permission.DASHBOARD_READ: "You can't look at the dashboard with this sign-in.",
        Permission.NOTIFICATION_READ: "You can't look at notifications with this sign-in.",
        Permission.NOTIFICATION_WRITE: "You can't change notifications with this sign-in.",
        Permission.PROFILE_WRITE: "You can't change this profile.",
        Permission.TOKEN_MANAGE: "You can't make or revoke these tokens.",
        Permission.CHANGE_UNDO: "Only the person who made this change can undo it.",
        Permission.TEAM_READ: "You can't look at the team with this sign-in.",
        Permission.TEAM_MANAGE: "Only the owner of this team or an admin can manage it.",
        Permission.AUDIT_READ: "Only the owner of this team or an admin can read the audit log.",
        Permission.AI_USE: "You can't use the assistant. Ask the owner of this team for the member role.",
        Permission.AI_MANAGE: "Only the owner of this team or an admin can say which models may be used, and what they may cost.",
    }
)
