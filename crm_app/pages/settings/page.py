"""The frame of the settings: inner navigation, a title, and the part that the address names."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import cast

from nicegui import ui

from crm_app.components import live
from crm_app.components.choices import inner_nav
from crm_app.components.connection_providers import caption
from crm_app.components.text import block, link, text
from crm_app.domain.errors import NotFound
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.pages.frame import Frame, key_of
from crm_app.pages.settings.ai import ai_part
from crm_app.pages.settings.audit import audit_part
from crm_app.pages.settings.connections import ConnectionPart, connection_part, connections_part
from crm_app.pages.settings.consent import consent_part
from crm_app.pages.settings.data import data_part
from crm_app.pages.settings.keeping import keeping_part
from crm_app.pages.settings.mail import mail_part
from crm_app.pages.settings.notifications import notifications_part
from crm_app.pages.settings.profile import appearance_part, profile_part
from crm_app.pages.settings.security import security_part
from crm_app.pages.settings.tags import tags_part
from crm_app.pages.settings.team import team_part
from crm_app.pages.settings.templates import templates_part

Part = Callable[[], Awaitable[None]]
NEEDED = {
    "team": Permission.TEAM_MANAGE, "templates": Permission.MAIL_WRITE, "connections": Permission.CONNECTION_MANAGE, "mail": Permission.TEAM_MANAGE,
    "ai": Permission.AI_USE, "audit": Permission.AUDIT_READ, "consent": Permission.AI_MANAGE,
}  # fmt: skip


def every_part(frame: Frame | None = None) -> dict[str, tuple[str, str, str, Part]]:
    """Each part: icon, title, sentence, builder, which needs the ``frame``."""
    return {
        "profile": ("circle-user", _("Profile"), _("Your name, and how dates and days are counted for you."), profile_part),
        "notifications": ("bell", _("Notifications"), _("What you are told, by which ways, and when you are left in peace."), notifications_part),
        "appearance": ("palette", _("Appearance"), _("Light, dark, or as your device has it."), appearance_part),
        "team": ("users-round", _("Team"), _("Who is in it, and what they may do."), team_part),
        "keeping": ("heart-handshake", _("Keeping in touch"), _("How often you want to speak with whom, and when you are away."), keeping_part),
        "tags": ("tags", _("Tags"), _("One vocabulary for the whole team."), tags_part),
        "templates": ("file-text", _("Templates"), _("What you write again and again, filled in for whom it is for."), templates_part),
        "consent": ("clipboard-check", _("Consent"), _("What people agree to, in your own words, and what AI may read."), consent_part),
        "connections": ("plug", _("Connections"), _("What brings calendars, people and mail in, and sends mail."), lambda: connections_part(cast(Frame, frame))),
        "ai": ("sparkles", _("AI & budgets"), _("Which models may be used, for what, and how much they may cost."), lambda: ai_part(cast(Frame, frame))),
        "security": ("shield-check", _("Security"), _("How you sign in, and what is signed in as you."), security_part),
        "data": ("database", _("Data"), _("It is yours. Bring it in, or take it out."), data_part),
        "mail": ("mail", _("Mail"), _("What this server sends for you: invitations, links for a new password, the daily mail."), mail_part),
        "audit": ("history", _("Audit log"), _("Who did what to the team and its access. Tampering with it shows."), lambda: audit_part(cast(Frame, frame))),
    }


def parts(frame: Frame | None = None) -> dict[str, tuple[str, str, str, Part]]:
    """The parts that are open to the viewer. What only those who manage the team may see is there for them alone."""
    return {name: part for name, part in every_part(frame).items() if name not in NEEDED or live.viewer().can(NEEDED[name])}


def groups() -> dict[str, str]:
    """Above which part which heading stands."""
    return {"profile": _("You"), "team" if live.viewer().can(Permission.TEAM_MANAGE) else "keeping": _("Practice"), "security": _("System")}


def settings_ways() -> list[tuple[str, str, str, str]]:
    """Each part as (name, what it is, icon, address)."""
    return [(title, _("Settings"), glyph, _address(key)) for key, (glyph, title, _sentence, _build) in parts().items()]


async def settings_page(frame: Frame, part: str = "profile") -> None:
    """Load, lay out, wire."""
    known = parts(frame)
    if part in NEEDED:
        live.viewer().require(NEEDED[part])
    if part not in known:
        raise NotFound
    _icon, title, sentence, build = known[part]
    with _inside(part, title):
        text(title, "mc-title", tag="h1")
        text(sentence, "mc-ink-2 mc-settings-lead", tag="p")
        await build()


async def connection_page(frame: Frame, connection_id: str) -> None:
    """One connection, under the part that lists them all."""
    live.viewer().require(NEEDED["connections"])
    part = ConnectionPart(frame, key_of(connection_id))
    await part.load()
    with _inside("connections", part.view.name):
        link(_("Connections"), _address("connections"), "mc-crumb mc-crumb-up")
        text(part.view.name, "mc-title mc-break", tag="h1")
        text(caption(part.view), "mc-ink-2 mc-settings-lead mc-break", tag="p")
        await connection_part(frame, part)


@contextmanager
def _inside(part: str, title: str) -> Iterator[None]:
    """The frame around a part."""
    known = parts()
    ui.page_title(f"{title} · {_('Settings')} · MindfulCRM")
    with block("mc-page"), block("mc-with-inner-nav"):
        items = [(_address(key), glyph, name) for key, (glyph, name, _sentence, _build) in known.items()]
        headings = {_address(key): name for key, name in groups().items() if key in known}
        inner_nav(items, _address(part), label=_("Settings"), headings=headings)
        with block("mc-scroll"), block("mc-settings"):
            yield


def _address(part: str) -> str:
    return "/settings" if part == "profile" else f"/settings/{part}"
