"""Why a mail is here, in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from crm_app.domain.i18n import _
from crm_app.domain.mail.automatic import Automatic
from crm_app.domain.mail.lookalike import Doubt, Found
from crm_app.domain.mail.relevance import Reason


def sentences(reasons: Iterable[str], names: Sequence[str]) -> tuple[str, ...]:
    """A sentence for each reason, in the same order; ``names`` are those of the contacts whom it concerns."""
    said = _sentences(names)
    return tuple(said[reason] for reason in dict.fromkeys(reasons) if reason in said)


def oddities(found: Iterable[Found]) -> tuple[str, ...]:
    """A sentence for each thing that is odd about a sender."""
    return tuple(_oddity(one) for one in found)


def _oddity(found: Found) -> str:
    contact, colleague = _("%s is one of your contacts, but the address is not one of theirs."), _("%s is a colleague's name, but the address is not theirs.")
    return {
        Doubt.ADDRESS: _("The address looks like %s, and is another one.") % found.about,
        Doubt.SHOWN: _("The name shows the address %s, but it came from another one.") % found.about,
        Doubt.LETTERS: _("It is written with letters of different alphabets that look alike."),
        Doubt.HIDDEN: _("The name holds signs that cannot be seen."),
        Doubt.NAME: (colleague if found.colleague else contact) % found.about,
        Doubt.REPLY: _("A reply would go to another address: %s.") % found.about,
    }[found.doubt]


def _sentences(names: Sequence[str]) -> dict[str, str]:
    who = names[0] if names else ""
    several = _("%(name)s and %(more)d more are contacts.") % {"name": who, "more": len(names) - 1}
    return {
        Reason.CONTACT.value: _("An address in it is a contact's.") if not who else _("%s is a contact.") % who if len(names) == 1 else several,
        Reason.HAND.value: _("You put it to a contact."),
        Reason.WRITTEN.value: _("You have written to them."),
        Reason.THREAD.value: _("It belongs to a conversation that is here."),
        Reason.DIRECT.value: _("It is addressed to you."),
        Reason.CROWD.value: _("It went to many people at once."),
        Reason.ALWAYS.value: _("You always keep mail from this sender."),
        Reason.NEVER.value: _("You never keep mail from this sender."),
        Automatic.LIST.value: _("It came through a mailing list."),
        Automatic.NEWSLETTER.value: _("It is a newsletter."),
        Automatic.REPLY.value: _("It is an automatic answer."),
        Automatic.BOUNCE.value: _("It says that a mail could not be delivered."),
        Automatic.NOTICE.value: _("A program sent it."),
        Automatic.NO_REPLY.value: _("Its sender takes no answers."),
    }
