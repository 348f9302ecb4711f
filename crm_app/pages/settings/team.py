"""The team, for those who manage it: its name, who is in it and as what, who is invited."""

from __future__ import annotations

from nicegui import ui

from crm_app.components import feedback, live, times, words
from crm_app.components.dialog import confirm
from crm_app.components.draft import Draft
from crm_app.components.elements import busy, button, icon_button, pill, section
from crm_app.components.fields import field, select_field
from crm_app.components.guard import telling
from crm_app.components.menus import menu_item
from crm_app.components.page_parts import empty_line, group_row
from crm_app.components.people import avatar
from crm_app.components.text import attributes, block, text
from crm_app.domain.accounts.rules import countries
from crm_app.domain.actor import Actor
from crm_app.domain.i18n import _, ngettext
from crm_app.domain.team import service as team
from crm_app.domain.team.rules import roles_to_give
from crm_app.domain.team.schemas import InvitationView, MemberView, TeamPage, TeamUpdate
from crm_app.pages.settings import team_dialogs
from crm_app.pages.settings.hand_over import hand_over


class TeamPart:
    """The part, and what redraws it."""

    def __init__(self, view: TeamPage) -> None:
        self.view = view

    async def refresh(self, *_changes: object) -> None:
        """Ask again and draw again."""
        with telling():
            self.view = await live.read(team.load_team_page)
            self.people.refresh()

    def settings(self) -> None:
        """The team's own fields."""
        draft = Draft(TeamUpdate, self.view.team)
        with block("mc-form-grid"):
            field(draft, "name", label=_("Team name"))
            hint = _("Phone numbers without a country code are read by its rules.")
            known = {"": _("None"), **countries(live.viewer().locale)}
            country = select_field(_("Country"), known, draft.country, search=True, hint=hint).bind_value(draft, "country")
            draft.attach("country", country)

        async def save() -> None:
            data = draft.validated(name=draft.name, country=draft.country or "")
            if data is None:
                return
            with telling(draft), busy(save_button):
                await live.change(team.update_team, data)
                draft.mark_saved()
                feedback.toast(_("Saved"))

        with block("mc-settings-foot"):
            save_button = button(_("Save"), on_click=save)

    @ui.refreshable_method
    def people(self) -> None:
        """Members, then who is invited."""
        actor = live.viewer()
        with section(_("Members"), count=words.number(sum(member.disabled_at is None for member in self.view.members))):
            button(_("Invite"), kind="primary", icon="user-plus", height=28, on_click=self.invite)
        with block("mc-group"):
            for member in self.view.members:
                self._member(member, actor)
        with section(_("Invitations")):
            pass
        if not self.view.invitations:
            empty_line(_("Nobody is invited just now."))
            return
        with block("mc-group"):
            for invitation in self.view.invitations:
                self._invitation(invitation, actor)

    def _member(self, member: MemberView, actor: Actor) -> None:
        with block("mc-group-row" + (" mc-faded" if member.disabled_at else "")):
            avatar(member.name, member.id, 32)
            with block("mc-grow"):
                attributes(text(member.name, "mc-strong mc-truncate", tag="p"), title=member.name)
                with block("mc-row mc-wrap mc-gap-4 mc-cap", tag="p"):
                    text(f"{member.email} ·")
                    self._seen(member, actor)
            with block("mc-row mc-gap-8"):
                pill(_("Disabled") if member.disabled_at else words.role_of(member.role), "bad" if member.disabled_at else "neutral")
                if member.id == actor.user_id:
                    pill(_("You"), "accent")
                self._menu(member, actor)

    def _seen(self, member: MemberView, actor: Actor) -> None:
        if member.disabled_at:
            text(_("kept out since:"))
            times.moment(member.disabled_at, actor)
        elif member.seen_at:
            text(_("last seen:"))
            times.moment(member.seen_at, actor)
        else:
            text(_("never signed in"))

    def _menu(self, member: MemberView, actor: Actor) -> None:
        may_hand_on = actor.role == "owner" and member.id != actor.user_id and not member.disabled_at
        if member.id == actor.user_id:
            return
        with icon_button("ellipsis", _("More about %s") % member.name, height=28), ui.menu():
            if member.may_manage and not member.disabled_at:
                for role in roles_to_give(actor):
                    if role != member.role:
                        menu_item(words.role_act(role.value), lambda role=role.value: self.change_role(member, role), icon_name="users-round")
                menu_item(_("Link for a new password"), lambda: team_dialogs.reset_link(member, mails=self.view.mails), icon_name="key-round")
                menu_item(_("Sign out everywhere"), lambda: self.sign_out(member), icon_name="log-out")
            menu_item(_("Hand their things over"), lambda: hand_over(member.id), icon_name="hand-heart")
            if may_hand_on:
                menu_item(_("Hand the team on"), lambda: team_dialogs.hand_on(member), icon_name="handshake")
            if member.may_manage and member.disabled_at:
                menu_item(_("Let in again"), lambda: self.enable(member), icon_name="user-check")
            elif member.may_manage:
                menu_item(_("Disable"), lambda: self.disable(member), icon_name="user-x", danger=True)

    def _invitation(self, invitation: InvitationView, actor: Actor) -> None:
        said = _("%(role)s, invited by %(who)s") % {"role": words.role_of(invitation.role), "who": invitation.inviter_name}
        ends = times.day_words(times.day_of(invitation.expires_at, actor), actor)
        with group_row("mail", invitation.email, f"{said} · {_('good until %s') % ends}"):
            button(_("Withdraw"), height=28, on_click=lambda: self.withdraw(invitation))

    async def invite(self) -> None:
        """Ask for an address and a role; show the link once."""
        with telling():
            await team_dialogs.invite(self.refresh, mails=self.view.mails)

    async def withdraw(self, invitation: InvitationView) -> None:
        """Close an invitation."""
        with telling():
            await live.change(team.revoke_invitation, invitation.id)
            feedback.toast(_("The link no longer works"))
            await self.refresh()

    async def change_role(self, member: MemberView, role: str) -> None:
        """Another role, after saying what it means."""
        with telling():
            title = _("Change the role of %(who)s to %(role)s?") % {"who": member.name, "role": words.role_of(role)}
            if await confirm(title, f"{words.role_means(role)} {_('They are signed out everywhere and sign in anew.')}", act=_("Change role")):
                await live.change(team.change_role, member.id, role)
                feedback.toast(_("The role of %(who)s is %(role)s now") % {"who": member.name, "role": words.role_of(role)})
                await self.refresh()

    async def sign_out(self, member: MemberView) -> None:
        """End all their sessions."""
        with telling():
            closed = (await live.change(team.sign_out_member, member.id)).value
            feedback.toast(ngettext("Signed out of %d browser", "Signed out of %d browsers", closed) % closed)
            await self.refresh()

    async def disable(self, member: MemberView) -> None:
        """Keep somebody out, after saying what ends."""
        with telling():
            goes = [_("Every browser they are signed in to"), _("Their keys for programs and links"), _("What waits to be done for them")]
            said = _("They can no longer sign in. What they wrote stays with the team, and you can let them in again. At once ends:")
            if await confirm(_("Disable %s?") % member.name, said, act=_("Disable"), goes=goes):
                await live.change(team.disable_member, member.id)
                feedback.toast(_("%s is disabled") % member.name, undo=lambda: self.enable(member))
                await self.refresh()

    async def enable(self, member: MemberView) -> None:
        """Let somebody in again."""
        with telling():
            await live.change(team.enable_member, member.id)
            feedback.toast(_("%s can sign in again") % member.name)
            await self.refresh()


async def team_part() -> None:
    """Load, lay out, wire."""
    part = TeamPart(await live.read(team.load_team_page))
    part.settings()
    part.people()
    live.on(("team",), part.refresh)
