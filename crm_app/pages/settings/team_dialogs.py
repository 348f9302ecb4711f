"""The dialogs of the team's page: inviting, a link for a new password, handing the team on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui
from pydantic import BaseModel, Field, SecretStr

from crm_app.components import feedback, live, words
from crm_app.components.copy_field import copy_field
from crm_app.components.dialog import dialog
from crm_app.components.draft import Draft
from crm_app.components.elements import busy, button
from crm_app.components.fields import field
from crm_app.components.guard import telling
from crm_app.components.text import block, text
from crm_app.domain.i18n import _
from crm_app.domain.links import absolute
from crm_app.domain.team import service as team
from crm_app.domain.team.rules import roles_to_give
from crm_app.domain.team.schemas import Invite, MemberView

Refresh = Callable[[], Awaitable[Any]]


class Proof(BaseModel):
    """One's password, asked for before something that only its owner should do."""

    password: SecretStr = Field(min_length=1, title="Your password")


async def invite(refresh: Refresh, *, mails: bool) -> None:
    """Ask for an address and a role; mail the link, or show it once."""
    draft = Draft(Invite)
    with ui.context.client, dialog(_("Invite somebody"), width="narrow") as parts, block("mc-col mc-gap-16") as content:
        field(draft, "email", label=_("Their email")).props("autofocus type=email autocomplete=off")
        known = {role.value: words.role_of(role) for role in roles_to_give(live.viewer())}
        meaning = text(words.role_means("member"), "mc-cap", tag="p")
        field(draft, "role", label=_("Role"), options=known, on_change=lambda event: meaning.set_text(words.role_means(event.value)))
        meaning.move(content)
    parts.window.on("hide", parts.window.delete)

    async def make(by_mail: bool) -> None:
        data = draft.validated(role=draft.role)
        if data is None:
            return
        with telling(draft), busy(mail_button if by_mail else make_button):
            view, secret = (await live.change(team.invite, data, by_mail=by_mail)).value
            if by_mail:
                parts.window.close()
                feedback.toast(_("The invitation is on its way to %s") % view.email)
            else:
                content.clear()
                with content:
                    text(_("Send this link to %s. It works once, for seven days, and is shown only now.") % view.email, "mc-body", tag="p")
                    copy_field(_("Link of the invitation"), absolute(f"/join/{secret}"))
                make_button.delete()
                mail_button.delete()
            await refresh()

    with parts.foot:
        button(_("Close"), kind="ghost", on_click=parts.window.close)
        make_button = button(_("Make the link"), kind="secondary" if mails else "primary", on_click=lambda: make(False))
        mail_button = button(_("Send by mail"), kind="primary", on_click=lambda: make(True))
        mail_button.set_visibility(mails)
    parts.window.open()


async def reset_link(member: MemberView, *, mails: bool) -> None:
    """A link for a new password: mailed, or shown once."""
    if not mails:
        return await _show_reset_link(member)
    with ui.context.client, dialog(_("A new password for %s") % member.name, width="narrow") as parts:
        said = _("A link to choose one goes to %s. It works once, for ten minutes, and signs every browser of theirs out.")
        text(said % member.email, "mc-body", tag="p")
    parts.window.on("hide", parts.window.delete)

    async def mail() -> None:
        with telling(), busy(mail_button):
            await live.change(team.offer_reset, member.id, by_mail=True)
            parts.window.close()
            feedback.toast(_("The link is on its way to %s") % member.email)

    async def show() -> None:
        parts.window.close()
        await _show_reset_link(member)

    with parts.foot:
        button(_("Cancel"), kind="ghost", on_click=parts.window.close)
        button(_("Show the link instead"), on_click=show)
        mail_button = button(_("Send by mail"), kind="primary", on_click=mail)
    parts.window.open()


async def _show_reset_link(member: MemberView) -> None:
    with telling():
        secret = (await live.change(team.offer_reset, member.id)).value
        with ui.context.client, dialog(_("A new password for %s") % member.name, width="narrow") as parts, block("mc-col mc-gap-16"):
            said = _("Give this link to %s and to nobody else. It works once, for ten minutes, and signs every browser of theirs out.")
            text(said % member.name, "mc-body", tag="p")
            copy_field(_("Link for a new password"), absolute(f"/reset/{secret}"))
        parts.window.on("hide", parts.window.delete)
        with parts.foot:
            button(_("Close"), kind="ghost", on_click=parts.window.close)
        parts.window.open()


async def hand_on(member: MemberView) -> None:
    """Make somebody else the owner, which takes one's own password."""
    draft = Draft(Proof)
    with ui.context.client, dialog(_("Hand the team on to %s?") % member.name, width="narrow") as parts, block("mc-col mc-gap-16"):
        said = _("They become the owner and you become an admin. You cannot take it back yourself. Both of you sign in anew.")
        text(said, "mc-body", tag="p")
        field(draft, "password", label=_("Your password")).props("autofocus autocomplete=current-password type=password")
    parts.window.on("hide", parts.window.delete)

    async def go() -> None:
        data = draft.validated()
        if data is None:
            return
        with telling(draft), busy(go_button):
            done = await live.change(team.transfer_team, member.id, data.password.get_secret_value())
            if done.value.faults:
                draft.land(done.value.faults)
                return
            parts.window.close()
            feedback.toast(_("%s owns the team now") % member.name)

    with parts.foot:
        button(_("Cancel"), kind="ghost", on_click=parts.window.close)
        go_button = button(_("Hand the team on"), kind="danger-fill", on_click=go)
    parts.window.open()
