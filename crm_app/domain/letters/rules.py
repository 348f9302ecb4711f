"""Pure rules of letters: who is to get one, what an answer begins with, and what may not stand in it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from email.utils import parseaddr

from crm_app.domain.calendar.matching import comparable
from crm_app.domain.errors import Invalid
from crm_app.domain.i18n import _
from crm_app.domain.mail.identity import REPLY
from crm_app.domain.outbox.rules import checked_address, checked_line
from crm_app.domain.outbox.sending import Recipient

MOST_PEOPLE = 50
UNDO = timedelta(seconds=10)
"""So long a letter that is sent at once can still be taken back."""
LIFE = timedelta(days=3)
"""So long after its time a letter is still worth sending."""
FURTHEST = timedelta(days=366)
_PIECES = re.compile(r'(?:"(?:[^"\\]|\\.)*"|<[^>]*>|[^,;<"])+')
_FIELD = re.compile(r"\{([a-z][a-z_]{1,30})\}")
_BRACES = re.compile(r"\{[^{}\n]{1,40}\}")
_SPECIAL = re.compile(r'[,;<>"\\@\x00-\x1f]+')


def pieces_of(line: str) -> list[str]:
    """The people of a line, each as they are typed."""
    return [piece.strip() for piece in _PIECES.findall(line) if piece.strip()]


def read_people(text: str, field: str, role: str = "to") -> tuple[Recipient, ...]:
    """Whom a line of a head names, each once. Invalid for the first that is no address."""
    found: dict[str, Recipient] = {}
    for piece in pieces_of(text):
        name, address = parseaddr(piece)
        try:
            one = Recipient(checked_address(address), checked_line(name.strip(), field)[:120], role)
        except Invalid:
            raise Invalid(fields={field: _("“%s” is not an address that mail can be sent to.") % piece[:80]}) from None
        found.setdefault(comparable(one.address), one)
    return tuple(found.values())


def all_people(recipients: str, copies: str, blind: str = "") -> tuple[Recipient, ...]:
    """Everybody who is to get a letter, the first one written to; nobody twice, and where they are seen if they are. Invalid when there is nobody, or a crowd."""
    to = read_people(recipients, "recipients")
    everybody = {comparable(one.address): one for one in to}
    for one in (*read_people(copies, "copies", "cc"), *read_people(blind, "blind", "bcc")):
        everybody.setdefault(comparable(one.address), one)
    if not to:
        raise Invalid(fields={"recipients": _("Say to whom it goes.")})
    if len(everybody) > MOST_PEOPLE:
        raise Invalid(fields={"recipients": _("A letter goes to %d people at most.") % MOST_PEOPLE})
    return tuple(everybody.values())


def written(address: str, name: str = "") -> str:
    """Somebody as they stand in a line: ``Ana <ana@example.org>``."""
    plain = " ".join(_SPECIAL.sub(" ", name).split())
    return f"{plain} <{address}>" if plain else address


def line_of(people: Iterable[tuple[str, str]], leave_out: Collection[str] = ()) -> str:
    """Several, as ``(address, name)``, each once and without those who are left out."""
    known = {one.lower(): written(one, name) for one, name in people if one and one.lower() not in leave_out}
    return ", ".join(known.values())


def answer_subject(subject: str) -> str:
    """``Re: …``, once."""
    return subject if REPLY.match(subject) or not subject.strip() else f"Re: {subject}"


def quoted(said: str, words: str) -> str:
    """What somebody wrote, each line marked, under a line that says who and when."""
    lines = [f"> {line}".rstrip() if not line.startswith(">") else f">{line}" for line in words.strip().splitlines()]
    return "\n".join([said, *lines]) if lines else ""


def whole_text(body: str, quote: str) -> str:
    """A letter's words with what it quotes beneath."""
    parts = [part for part in (body.rstrip(), quote.strip("\n")) if part]
    return "\n\n".join(parts) + "\n"


def addresses_of(line: str) -> list[str]:
    """Everything in a line that looks like an address, right or not."""
    return [address for piece in pieces_of(line) if "@" in (address := parseaddr(piece)[1])]


def filled(words: str, known: Mapping[str, str]) -> str:
    """Words with what is known put in the place of its name in braces."""
    return _FIELD.sub(lambda found: known.get(found[1], found[0]), words)


def fields_in(words: str) -> tuple[str, ...]:
    """What stands in braces, each once: it waits to be filled in, and is never sent as it is."""
    return tuple(dict.fromkeys(found[0] for found in _BRACES.finditer(words)))
