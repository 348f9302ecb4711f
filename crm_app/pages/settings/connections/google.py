"""Connecting an account at Google: the practice's own client there, which is entered once, and leaving for Google's page to sign in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from nicegui import ui

from crm_app.components import feedback, live
from crm_app.components.copy_field import copy_field
from crm_app.components.dialog import confirm
from crm_app.components.draft import Draft
from crm_app.components.elements import banner, busy, button
from crm_app.components.fields import field
from crm_app.components.guard import telling
from crm_app.components.text import block, link, text
from crm_app.domain.connections.models import ConnectionKind, ConnectionState
from crm_app.domain.connections.schemas import ConnectionView
from crm_app.domain.google import service as google
from crm_app.domain.google.authority import Wants
from crm_app.domain.google.schemas import GoogleClientUpdate, GoogleView
from crm_app.domain.google.signing_in import Why
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.pages.settings.connections.adding import steps_line
from crm_app.pages.settings.connections.doing import LIST
from crm_app.pages.settings.connections.forms import ON_ENTER


@dataclass(frozen=True, slots=True)
class Way:
    """What of an account at Google is connected, in words. ``more`` is what can be wanted beyond reading, if anything, and how the button for that is called.

    ``box`` is what is to be ticked on Google's page, ``meanwhile`` what works without a client, and where.
    """

    key: str
    wants: Wants
    more: tuple[Wants, str] | None
    kind: ConnectionKind
    icon: str
    title: str
    hint: str
    box: str
    promise: str
    meanwhile: tuple[str, str, str]


def google_ways() -> dict[str, Way]:
    """The calendars of an account, its mail, its contacts and its files, by what the address names them."""
    return {way.key: way for way in (_calendars(), _mail(), _people(), _files())}


def google_way(key: str) -> Way | None:
    """What the address asks for, if it is one of them."""
    return google_ways().get(key)


def _calendars() -> Way:
    return Way(
        "google", Wants.CALENDARS, (Wants.WRITING, _("Sign in to read and change")), ConnectionKind.GOOGLE, "calendar-days", _("Google Calendar"),
        _("By signing in to a Google account"), _("Leave the boxes for calendars ticked, and press “Continue”."),
        _("Nothing is changed over there unless you allow it, and then only what you change here yourself."),
        (_("Until then a Google calendar comes in by its secret address, without signing in."), _("Use a calendar address"), f"{LIST}?add=ics"),
    )  # fmt: skip


def _mail() -> Way:
    return Way(
        "google-mail", Wants.MAIL, (Wants.SENDING, _("Sign in to read and send")), ConnectionKind.GMAIL, "mail", "Gmail",
        _("By signing in to a Google account"), _("Leave the boxes for mail ticked, and press “Continue”."),
        _("Nothing is moved or marked as read over there, and nothing sent unless you allow it. Words are kept of mail with your contacts alone."),
        (_("Until then a Gmail mailbox comes in by an app password, which can send, too."), _("Use an app password"), f"{LIST}?add=gmail"),
    )  # fmt: skip


def _people() -> Way:
    return Way(
        "google-people", Wants.CONTACTS, None, ConnectionKind.GOOGLE_PEOPLE, "users", _("Google Contacts"),
        _("By signing in to a Google account"), _("Leave the box for contacts ticked, and press “Continue”."),
        _("Contacts are only read. Nothing is ever changed over there, and nobody who goes there is deleted here."),
        (_("Until then Google's contacts come in by a file: Google Contacts exports one under “Export”."), _("Import a file"), "/contacts/import"),
    )  # fmt: skip


def _files() -> Way:
    return Way(
        "google-drive", Wants.FILES, None, ConnectionKind.GOOGLE_DRIVE, "folder", _("Google Drive"),
        _("By signing in to a Google account"), _("Leave the box for Google Drive ticked, and press “Continue”."),
        _("Files are only read, and only those come in that you choose on a contact's Files tab. Nothing is ever changed over there."),
        (_("Until then files are added to a contact from this computer."), _("Open contacts"), "/contacts"),
    )  # fmt: skip


async def leave(connection_id: UUID | None = None, wants: Wants = Wants.CALENDARS) -> None:
    """Off to Google's own page; whoever comes back lands on the connection."""
    with telling():
        place = (await live.change(google.begin_sign_in, connection_id, wants)).value
        ui.navigate.to(place.address)


def sign_in_again(view: ConnectionView) -> None:
    """The way to Google for a connection that is there already."""
    with block("mc-row mc-gap-8 mc-conn-after"):
        wanted = "primary" if view.state is ConnectionState.SIGN_IN_NEEDED else "secondary"
        button(_("Sign in with Google again"), kind=wanted, icon="external-link", on_click=lambda: leave(view.id))  # type: ignore[arg-type]
        text(_("As %s. What is here already stays.") % view.username, "mc-cap")


def not_signed_in(why: str, kind: ConnectionKind) -> None:
    """Why a sign-in came to nothing, for whoever has just come back from Google."""
    boxes = {
        ConnectionKind.GMAIL: _("A box for mail was not ticked."), ConnectionKind.GOOGLE_PEOPLE: _("The box for contacts was not ticked."),
        ConnectionKind.GOOGLE_DRIVE: _("The box for Google Drive was not ticked."),
    }  # fmt: skip
    unticked = boxes.get(kind, _("A box for calendars was not ticked."))
    known = {
        Why.STALE: (_("This sign-in is over."), _("It was begun in another browser or long ago, or it has been used already. Begin again.")),
        Why.DENIED: (_("Google was not allowed to let MindfulCRM in."), _("Nothing was connected.")),
        Why.FEWER: (unticked, _("Sign in again, and leave it ticked on Google's page.")),
        Why.NOT_KEPT: (
            _("Google handed out no sign-in that lasts."), _("Take MindfulCRM's access away at myaccount.google.com/connections, then sign in again."),
        ),
        Why.OTHER: (_("That was another Google account."), _("Sign in with the one that this connection is of, or connect the other one for itself.")),
        Why.NO_ANSWER: (_("Google did not answer."), _("Nothing was connected. Try again in a moment.")),
        Why.REFUSED: (_("Google refused the sign-in."), _("Try again. If it happens again, the practice's client at Google, or its secret, is not right.")),
        Why.MEANWHILE: (_("Something was changed meanwhile."), _("Look whether the account is in the list of your connections. If it is not, begin again.")),
        Why.MANY: (_("No more accounts can be connected."), _("Remove one first.")),
    }  # fmt: skip
    if why in known:
        cause, act = known[Why(why)]
        with block("mc-conn-banner"), banner(cause, act, kind="bad"):
            pass


class GooglePart:
    """``?add=google`` and the other ways. Without a client it explains what is missing, to those who can enter it with every step.

    Nobody is sent to Google in vain.
    """

    def __init__(self, view: GoogleView, way: Way, why: str, refresh: Callable[[], Awaitable[Any]]) -> None:
        self.view, self.way, self._why, self._refresh = view, way, why, refresh
        self._manages = live.viewer().can(Permission.TEAM_MANAGE)
        self.draft = Draft(GoogleClientUpdate, client_id=view.client_id)

    def draw(self) -> None:
        """What can be done now."""
        link(_("All connections"), LIST, "mc-crumb mc-crumb-up")
        text(self.way.title, "mc-section mc-form-title", tag="h2")
        not_signed_in(self._why, self.way.kind)
        if self.view.client_id:
            self._signing_in()
        elif self._manages:
            said = _("Google lets a program in that it knows. Make the practice known there, once for the whole team: it costs nothing and takes ten minutes.")
            text(said, "mc-conn-after", tag="p")
            self._steps()
            self._form()
        else:
            self._not_yet()

    def _signing_in(self) -> None:
        steps_line(0, self.way.kind)
        with block("mc-guide", tag="ol"):
            for said in (
                _("Press the button, and choose your account on Google's own page. Your password is typed there alone."),
                _("If Google says that it has not verified this app: it is your practice's own. Press “Advanced”, then “Go to …”."),
                self.way.box,
            ):
                text(said, tag="li")
        with block("mc-conn-form"):
            text(self.way.promise, "mc-cap", tag="p")
            with block("mc-row mc-gap-8"):
                button(_("Sign in to read"), kind="primary", icon="external-link", on_click=lambda: leave(wants=self.way.wants))
                if self.way.more is not None:
                    wider, said = self.way.more
                    button(said, icon="external-link", on_click=lambda: leave(wants=wider))
                button(_("Cancel"), kind="ghost", href=LIST)
        if self._manages and not self.view.by_host:
            with ui.expansion(_("The practice's client at Google")).classes("mc-more"), block("mc-full"):
                self._steps()
                self._form()

    def _not_yet(self) -> None:
        said = _("Somebody who manages the team has to make the practice known at Google, once for all.")
        with banner(_("Google accounts cannot be connected yet."), said, kind="info"):
            pass
        words, act, elsewhere = self.way.meanwhile
        text(words, "mc-conn-after", tag="p")
        button(act, icon="link", href=elsewhere)

    def _steps(self) -> None:
        with block("mc-guide", tag="ol"):
            for said in (
                _("Open console.cloud.google.com with a Google account of the practice, and make a project, for example MindfulCRM."),
                _("Under “APIs & Services”, “Library”, look for “Google Calendar API” and press “Enable”; for mail do the same with “Gmail API”."),
                _("For contacts, look there for “Google People API” as well, and for files for “Google Drive API”."),
                _("Open “Google Auth Platform” and fill in name and e-mail. With Google Workspace choose “Internal”, else “External”."),
                _("If it is “External”: under “Audience” press “Publish app”. Left in testing, Google ends every sign-in after seven days."),
                _("Under “Clients”, make a client of the type “Web application”, and add this address to its “Authorised redirect URIs”:"),
            ):
                text(said, tag="li")
        with block("mc-conn-after"):
            copy_field(_("Redirect address"), self.view.back)
        text(_("Google takes an address on the internet that begins with https://, or one at localhost; no other inside a network of your own."), "mc-cap", tag="p")

    def _form(self) -> None:
        with block("mc-conn-form").on("keydown.enter", self.save, js_handler=ON_ENTER), block("mc-col mc-gap-16"):
            with block("mc-form-grid"):
                named = field(self.draft, "client_id", label=_("Client ID"), placeholder="1234-abcd.apps.googleusercontent.com", long=False)
                named.props("autocomplete=off spellcheck=false")
                hint = _("It is kept sealed, and never shown again.")
                field(self.draft, "secret", label=_("Client secret"), hint=hint).props("type=password autocomplete=off")
            with block("mc-row mc-gap-8"):
                self.go = button(_("Save"), kind="primary", on_click=self.save)
                if self.view.client_id:
                    button(_("Remove"), kind="danger", on_click=self.remove)
                else:
                    button(_("Cancel"), kind="ghost", href=LIST)

    async def save(self) -> None:
        """Keep the client; from then on people sign in."""
        data = self.draft.validated()
        if data is None:
            return
        with telling(self.draft), busy(self.go):
            await live.change(google.set_google_client, data)
            self.draft.secret = ""
            feedback.toast(_("Saved"))
            await self._refresh()

    async def remove(self) -> None:
        """Forget the client, once somebody knows what stops."""
        said = _("Google accounts of the whole team are not read any more until a client is entered again.")
        with telling():
            if await confirm(_("Remove the practice's client?"), said, act=_("Remove")):
                await live.change(google.remove_google_client)
                await self._refresh()
