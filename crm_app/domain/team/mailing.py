"""The two links of the team, mailed to whom they are for. A link that is mailed is shown to nobody else.

The key of a mail names its link, so that withdrawing the link takes the mail along (``withdraw_mail`` in the database).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from html import escape
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.accounts.models import UserAccount
from crm_app.domain.actor import Actor
from crm_app.domain.errors import Invalid, Unavailable
from crm_app.domain.i18n import _, in_locale
from crm_app.domain.links import absolute
from crm_app.domain.outbox.posting import Letter, mail_address, post_mail
from crm_app.domain.outbox.queries import count_since
from crm_app.domain.rows import now
from crm_app.domain.team import queries
from crm_app.domain.team.rules import RESET_LIFE
from crm_app.domain.team.schemas import InvitationView

MOST_A_DAY = 5


def require_mail() -> None:
    """Unavailable when this deployment sends no mail."""
    if not mail_address():
        raise Unavailable(_("This server sends no mail yet. Ask for a link to copy instead."))


def mail_invitation(session: Session, actor: Actor, invitation: InvitationView, secret: str) -> None:
    """Mail the link of an invitation. Whoever is invited has no language here yet: it is the inviter's."""
    names = {"who": actor.name, "team": getattr(queries.get_team(session), "name", "MindfulCRM")}
    said = [
        _("%(who)s invites you to work with %(team)s in MindfulCRM.") % names,
        _("Open this link to choose your password. It works once, for seven days:"),
        absolute(f"/join/{secret}"),
        _("If you do not know %(who)s, you can leave this mail alone.") % names,
    ]
    letter = Letter(invitation.email, _("%(who)s invites you to %(team)s") % names, *_written(said))
    _post(session, actor, "invitation", letter, key=f"invitation:{invitation.id}", expires_at=invitation.expires_at)


def mail_reset(session: Session, actor: Actor, person: UserAccount, reset_id: UUID, secret: str) -> None:
    """Mail somebody the link by which they choose a new password, in their own language."""
    with in_locale(person.locale):
        said = [
            _("Hello %s,") % person.name,
            _("%s has made you a link by which you choose a new password. It works once, for ten minutes:") % actor.name,
            absolute(f"/reset/{secret}"),
            _("If you did not ask for it, tell %s. Until you use the link, your password stays as it is.") % actor.name,
        ]
        letter = Letter(person.email, _("A new password for MindfulCRM"), *_written(said), to_name=person.name)
    _post(session, actor, "reset", letter, key=f"reset:{reset_id}", expires_at=now() + RESET_LIFE)


def _post(session: Session, actor: Actor, kind: str, letter: Letter, *, key: str, expires_at: datetime) -> None:
    if count_since(session, kind, letter.to_address, now() - timedelta(days=1)) >= MOST_A_DAY:
        raise Invalid(_("Five of these mails went to this address within a day. Look into its spam, or copy the link instead."))
    post_mail(session, actor, kind, letter, key=key, expires_at=expires_at)


def _written(paragraphs: Sequence[str]) -> tuple[str, str]:
    """As plain text, and as HTML, in which a paragraph that is an address can be clicked."""
    parts = [f'<p><a href="{escape(part)}">{escape(part)}</a></p>' if part.startswith(("https://", "http://")) else f"<p>{escape(part)}</p>" for part in paragraphs]
    return "\n\n".join(paragraphs) + "\n", "".join(parts)
