"""How one signs in: password, signed-in browsers, keys for programs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from nicegui import ui
from pydantic import BaseModel, Field, SecretStr

from crm_app.components import feedback, live, times
from crm_app.components.dialog import dialog
from crm_app.components.draft import Draft
from crm_app.components.elements import busy, button, icon_button, pill, section
from crm_app.components.fields import field, select_field, text_field
from crm_app.components.guard import telling
from crm_app.components.page_parts import empty_line, group_row
from crm_app.components.text import block, text
from crm_app.domain.accounts import service as accounts
from crm_app.domain.accounts.rules import MIN_PASSWORD
from crm_app.domain.accounts.views import SecurityView, SessionView, TokenView
from crm_app.domain.i18n import _
from crm_app.domain.permissions import READING

LIVES = (30, 90, 365)


class NewPassword(BaseModel):
    """The form in which a password is replaced."""

    current: SecretStr = Field(min_length=1, title="Current password")
    new: SecretStr = Field(min_length=1, title="New password")


class SecurityPart:
    """The part, and what redraws it."""

    def __init__(self, view: SecurityView) -> None:
        self.view = view

    async def refresh(self) -> None:
        """Ask again and draw again."""
        with telling():
            self.view = await live.read(accounts.get_security)
            self.body.refresh()

    @ui.refreshable_method
    def body(self) -> None:
        """Everything under the title."""
        with section(_("Sign-in")):
            pass
        with block("mc-group"), group_row("key-round", _("Password"), _("Changing it signs out every other browser.")):
            button(_("Change"), height=28, on_click=self.change_password)
        others = [session for session in self.view.sessions if not session.current]
        with section(_("Signed-in browsers")):
            if others:
                button(_("Sign out all others"), kind="ghost", height=28, on_click=self.revoke_others)
        with block("mc-group"):
            for session in self.view.sessions:
                self._session(session)
        self._tokens()

    def _session(self, session: SessionView) -> None:
        actor = live.viewer()
        seen = _("this device") if session.current else times.relative(session.last_seen_at, actor)
        with group_row(_device_icon(session.device), session.device, " · ".join(part for part in (session.address, seen) if part)):
            if session.current:
                pill(_("Active now"), "accent")
            else:
                button(_("Sign out"), height=28, on_click=lambda: self.revoke(session.id))

    def _tokens(self) -> None:
        with section(_("Keys for programs")):
            button(_("New key"), icon="plus", height=28, on_click=self.new_token)
        if not self.view.tokens:
            empty_line(_("No program acts for you. A key lets one, through the REST interface."))
            return
        with block("mc-group"):
            for token in self.view.tokens:
                self._token(token)

    def _token(self, token: TokenView) -> None:
        actor = live.viewer()
        used = _("used %s") % times.relative(token.last_used_at, actor) if token.last_used_at else _("never used")
        ends = _("ends %s") % times.day_words(times.day_of(token.expires_at, actor), actor) if token.expires_at else _("never ends")
        can = _("may only read") if token.scopes else _("may do what you may")
        with group_row("key-round", token.name, f"{token.prefix}… · {can} · {used} · {ends}"):
            icon_button("trash-2", _("Revoke %s") % token.name, on_click=lambda: self.revoke_token(token.id), height=28)

    async def revoke(self, session_id: UUID) -> None:
        """Sign out one browser."""
        with telling():
            await live.change(accounts.revoke_session, session_id)
            feedback.toast(_("Signed out"))
            await self.refresh()

    async def revoke_others(self) -> None:
        """Sign out every browser but this one."""
        with telling():
            await live.change(accounts.revoke_other_sessions)
            feedback.toast(_("All others are signed out"))
            await self.refresh()

    async def revoke_token(self, token_id: UUID) -> None:
        """End a key."""
        with telling():
            await live.change(accounts.revoke_token, token_id)
            feedback.toast(_("The key is revoked"))
            await self.refresh()

    async def change_password(self) -> None:
        """Ask for the current and the new password. A dialog stands on the page, so that a redrawn list takes none of it away."""
        draft = Draft(NewPassword)
        with ui.context.client, dialog(_("Change password"), width="narrow") as parts, block("mc-col mc-gap-16"):
            field(draft, "current").props("autofocus autocomplete=current-password type=password")
            hint = _("At least %d characters; a few words that only you would put together are best.") % MIN_PASSWORD
            field(draft, "new", hint=hint).props("autocomplete=new-password type=password")
        parts.window.on("hide", parts.window.delete)

        async def save() -> None:
            data = draft.validated()
            if data is None:
                return
            with telling(draft), busy(save_button):
                done = await live.change(accounts.change_password, data.current.get_secret_value(), data.new.get_secret_value())
                if done.value.faults:
                    draft.land(done.value.faults)
                    return
                parts.window.close()
                feedback.toast(_("Your password is changed; other browsers are signed out"))
                await self.refresh()

        with parts.foot:
            button(_("Cancel"), kind="ghost", on_click=parts.window.close)
            save_button = button(_("Change password"), kind="primary", on_click=save)
        parts.window.open()

    async def new_token(self) -> None:
        """Ask what a key is for; show its secret once."""
        with ui.context.client, dialog(_("New key"), width="narrow") as parts, block("mc-col mc-gap-16") as content:
            name = text_field(_("What is it for"), placeholder=_("Booking page")).props("autofocus maxlength=120")
            may = select_field(_("It may"), {"all": _("do what I may"), "read": _("only read")}, "all")
            life = select_field(_("It ends"), {**{days: _("in %d days") % days for days in LIVES}, 0: _("never")}, 90)
        parts.window.on("hide", parts.window.delete)

        async def make() -> None:
            with telling(), busy(make_button):
                scopes = sorted(permission.value for permission in READING) if may.value == "read" else ()
                ends = datetime.now(UTC) + timedelta(days=life.value) if life.value else None
                view, secret = (await live.change(accounts.create_token, name.value or "", scopes, ends)).value
                _show_secret(content, view, secret)
                make_button.delete()
                await self.refresh()

        with parts.foot:
            button(_("Close"), kind="ghost", on_click=parts.window.close)
            make_button = button(_("Make key"), kind="primary", on_click=make)
        parts.window.open()


def _show_secret(content: ui.element, view: TokenView, secret: str) -> None:
    content.clear()
    with content:
        text(_("Copy it now. It is shown this once and kept nowhere."), "mc-strong", tag="p")
        text(secret, "mc-mono mc-secret", tag="p")
        text(_("Programs send it as “Authorization: Bearer …” to /api/v1."), "mc-cap", tag="p")


async def security_part() -> None:
    """Load, lay out."""
    part = SecurityPart(await live.read(accounts.get_security))
    part.body()


def _device_icon(device: str) -> str:
    return "smartphone" if any(word in device for word in ("iPhone", "Android")) else "laptop" if "Mac" in device else "monitor"
