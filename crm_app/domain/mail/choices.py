"""What a person decides about a mailbox of theirs, its folders, and senders."""

from __future__ import annotations

import re
from enum import Enum
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.audit.writing import note
from crm_app.domain.connections.access import get_own_connection
from crm_app.domain.connections.models import ConnectionState
from crm_app.domain.editing import given_fields, require_version
from crm_app.domain.errors import Invalid
from crm_app.domain.i18n import _
from crm_app.domain.letters.rules import fields_in
from crm_app.domain.mail import entries, queries, settling
from crm_app.domain.mail import landing_queries as found
from crm_app.domain.mail.access import get_own_folder, get_own_mailbox, get_own_rule
from crm_app.domain.mail.models import Mailbox, MailFolder, MailRule, NewContacts, Shown, Verdict
from crm_app.domain.mail.schemas import MOST_SIGNATURE_LINES, FolderChoice, FolderView, MailboxUpdate, MailboxView, RuleView, SendingView
from crm_app.domain.permissions import Permission
from crm_app.domain.reach import split_email
from crm_app.domain.rows import Audience, now

MOST_RULES, MOST_WEIGHED, AT_ONCE = 500, 20_000, 1_000
_DOMAIN = re.compile(r"@[^\s@,;<>()\[\]\\]{1,250}\.[^\s@,;<>()\[\]\\]{1,60}")


def list_rules(session: Session, actor: Actor) -> tuple[RuleView, ...]:
    """What the actor says of senders, by address."""
    actor.require(Permission.MAIL_READ)
    return tuple(RuleView.model_validate(row) for row in queries.list_rules(session, actor))


def set_rule(session: Session, actor: Actor, address: str, verdict: str) -> RuleView:
    """From now on always, or never, keep mail from an address or an ``@domain``; what is here already follows. Invalid for what is neither."""
    actor.require(Permission.MAIL_WRITE)
    found.lock_mail(session, actor)
    if verdict not in (Verdict.ALWAYS, Verdict.NEVER):
        raise Invalid(fields={"verdict": _("There is no such choice.")})
    plain = _comparable(address)
    if plain in found.list_own_addresses(session, actor):
        raise Invalid(fields={"address": _("This is your own address.")})
    row: MailRule | None = queries.find_rule(session, actor, plain)
    if row is None:
        if len(queries.list_rules(session, actor)) >= MOST_RULES:
            raise Invalid(_("At most %d senders can be kept apart. Remove one first.") % MOST_RULES)
        row = MailRule(owner_id=actor.user_id, audience=Audience.PRIVATE.value, address=plain, verdict=str(verdict))
        session.add(row)
    elif row.verdict != verdict:
        row.verdict = str(verdict)
    session.flush()
    _weigh(session, actor, plain)
    return RuleView.model_validate(row)


def remove_rule(session: Session, actor: Actor, rule_id: UUID) -> None:
    """Treat a sender like everybody again. NotFound for a rule that is not the actor's."""
    actor.require(Permission.MAIL_WRITE)
    found.lock_mail(session, actor)
    row = get_own_rule(session, actor, rule_id)
    session.delete(row)
    session.flush()
    _weigh(session, actor, row.address)


def get_mailbox(session: Session, actor: Actor, connection_id: UUID) -> MailboxView:
    """What was decided about a mail connection of the actor's own, else NotFound."""
    actor.require(Permission.CONNECTION_MANAGE)
    return show_mailbox(session, actor, get_own_mailbox(session, actor, connection_id))


def update_mailbox(session: Session, actor: Actor, connection_id: UUID, data: MailboxUpdate) -> MailboxView:
    """Change how much the team sees of a mailbox, who becomes a contact by it, and what stands under its letters. Threads of which something was said,
    and entries, follow. Invalid for a signature of too many lines, or with words in braces: nothing fills those in.
    """
    actor.require(Permission.CONNECTION_MANAGE)
    found.lock_mail(session, actor)
    row = get_own_mailbox(session, actor, connection_id, lock=True)
    require_version(row, data.version, show_mailbox(session, actor, row))
    given = {name: value.value if isinstance(value, Enum) else value for name, value in given_fields(data).items()}
    if given.get("signature", row.signature) != row.signature:
        _require_signature(given["signature"])
        note(session, actor, "connection.changed", "connection", connection_id, fields="signature")
    shared = given.get("shown", row.shown) != row.shown
    row.sqlmodel_update(given)
    session.flush()
    if shared:
        ids = queries.list_on_timelines(session, actor, connection_id)
        for start in range(0, len(ids), AT_ONCE):
            entries.follow(session, actor, found.list_emails(session, actor, ids[start : start + AT_ONCE]))
    return show_mailbox(session, actor, get_own_mailbox(session, actor, connection_id))


def _require_signature(words: str) -> None:
    if words.count("\n") >= MOST_SIGNATURE_LINES:
        raise Invalid(fields={"signature": _("At most %d lines.") % MOST_SIGNATURE_LINES})
    if left := fields_in(words):
        raise Invalid(fields={"signature": _("Nothing is filled in here. Write it out: %s") % ", ".join(left)})


def choose_folder(session: Session, actor: Actor, folder_id: UUID, choice: FolderChoice) -> FolderView:
    """Whether a folder's mail is brought here. One that no longer is loses what lies nowhere else; one that is again gets it anew."""
    actor.require(Permission.CONNECTION_MANAGE)
    connection = get_own_connection(session, actor, get_own_folder(session, actor, folder_id).connection_id, lock=True)  # first, as runs do
    row = get_own_folder(session, actor, folder_id, lock=True)
    require_version(row, choice.version, FolderView.model_validate(row))
    if choice.synced != row.synced:
        row.synced, row.token = choice.synced, ""
        session.flush()
        if row.synced and connection.state == ConnectionState.ACTIVE:
            connection.next_run_at = now()
        elif not row.synced:
            _let_go(session, actor, row)
        session.flush()
    return FolderView.model_validate(get_own_folder(session, actor, folder_id))


def _let_go(session: Session, actor: Actor, folder: MailFolder) -> None:
    found.lock_mail(session, actor)
    uids = found.list_uids(session, folder)
    lying = [row.id for row in found.list_emails_at(session, folder, uids).values()]
    found.remove_places(session, folder, uids)
    settling.forget(session, actor, [row for row in found.list_emails(session, actor, lying) if row.gone_at is not None])


def _weigh(session: Session, actor: Actor, address: str) -> None:
    ids = found.list_of_sender(session, actor, address, MOST_WEIGHED)
    for start in range(0, len(ids), AT_ONCE):
        settling.weigh_again(session, actor, ids[start : start + AT_ONCE])


def _comparable(address: str) -> str:
    """An address or a domain as rules keep it."""
    plain = address.replace("\x00", "").strip().lower()
    if plain.startswith("@"):
        if _DOMAIN.fullmatch(plain):
            return plain
    else:
        try:
            return split_email(plain)[1]
        except ValueError:
            pass
    raise Invalid(fields={"address": _("Enter an e-mail address, or a domain like @example.org.")})


def show_mailbox(session: Session, actor: Actor, row: Mailbox) -> MailboxView:
    """A mailbox as its owner sees it."""
    mails, kept = queries.count_mails(session, actor, row.connection_id)
    folders = tuple(FolderView.model_validate(folder) for folder in queries.list_folders(session, row))
    return MailboxView(
        connection_id=row.connection_id, version=row.version, shown=Shown(row.shown), new_contacts=NewContacts(row.new_contacts),
        folders=folders, mails=mails, kept=kept, sending=_sending(row), signature=row.signature,
    )  # fmt: skip


def _sending(row: Mailbox) -> SendingView | None:
    if not row.smtp_host:
        return None
    return SendingView.model_validate(
        {"host": row.smtp_host, "port": row.smtp_port, "security": row.smtp_security, "address": row.sender_address, "name": row.sender_name}
    )
