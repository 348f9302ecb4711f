"""Finding contacts by words: what is written in the contact, what its timeline and its files say, and what was meant in spite of a typing error.

Every condition here uses the trigram or full-text index under row security, which PostgreSQL allows because the
embedded server marks these operators leakproof. A managed server that does not allow the mark gives the same
results from slower plans.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from unicodedata import normalize
from uuid import UUID

from sqlalchemy import and_, cast, func, literal, or_, text, union_all
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlmodel import Session, col, select

from crm_app.domain.contacts.grams import grams, is_whole_name, tsquery
from crm_app.domain.contacts.models import Contact
from crm_app.domain.documents.models import Document
from crm_app.domain.interactions.models import Interaction, InteractionContact
from crm_app.domain.reach import looks_like_phone, normalise_phone
from crm_app.domain.text import digits, fold

MANY = 1_000
"""From so many hits on, a list walks its sort order and filters; below, it takes the hits and sorts them."""
NOTES, NOTES_READ, ENOUGH = 300, 1_000, 20
SIMILAR = 20
_STRICT, _LENIENT, _SHORT = "0.5", "0.4", 5
"""One slip costs a word of up to five letters more of its likeness than a longer one."""
_WORD = re.compile(r"\w+")
_WRITTEN_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ø": "oe", "Ø": "Oe", "å": "aa", "Å": "Aa"})
_PLAIN = re.compile(r"(a(?=[ae])|[ou](?=e)).")
# Seen from its estimates alone, the planner reads the whole table where the index answers in a millisecond.
_PREPARE = text(
    "select set_config('pg_trgm.word_similarity_threshold', :threshold, true), set_config('enable_seqscan', 'off', true), "
    "set_config('jit', 'off', true), (select country from team)"
)


@dataclass(frozen=True)
class Found:
    """Either every hit by its id (``many`` is None), or a condition that the many hits fulfil, and further hits by id."""

    ids: tuple[UUID, ...]
    many: Any | None


def find(session: Session, words: str) -> Found:
    """What the actor may see and means by ``words``: written so, else with umlauts the other way, else misspelt. Two statements, a third for the last."""
    tokens = fold(words).split(" ")
    threshold = _LENIENT if any(len(token) <= _SHORT for token in _forgivable(tokens)) else _STRICT
    country = session.connection().execute(_PREPARE, {"threshold": threshold}).one()[3] or ""
    condition = written(words, tokens, country)
    otherwise, noted = respelt(words, tokens), _noted(words)
    parts = [_hits("direct", condition)] + ([] if otherwise is None else [_hits("respelt", otherwise)]) + ([] if noted is None else [noted])
    rows = session.connection().execute(union_all(*parts)).all()
    found = {how: [row.id for row in rows if row.how == how] for how in ("direct", "respelt", "note")}
    hits, notes = found["direct"] or found["respelt"], found["note"]
    if len(hits) == MANY:
        condition = condition if found["direct"] else otherwise
        return Found(tuple(dict.fromkeys(notes)), condition)
    if not hits and len(notes) < ENOUGH and _forgivable(tokens):
        notes.extend(session.connection().execute(_similar(tokens)).scalars())
    return Found(tuple(dict.fromkeys([*hits, *notes])), None)


def written(words: str, tokens: list[str], country: str) -> Any:
    """Every token stands in the contact, a short one at the beginning of a word. A number is found in any way of writing it.

    Two letters are short, but not in scripts that write a name with two: 美咲 is found in 佐藤美咲 as well.
    """
    if looks_like_phone(words) and not any(char.isalpha() for char in words):
        forms = {digits(words).removeprefix("00"), digits(normalise_phone(words, country).partition(";")[0])} - {""}
        return or_(*(_contains(form) for form in sorted(forms)))
    return and_(*(_contains(token if len(token) >= 3 or is_whole_name(token) else f" {token}") for token in tokens))


def respelt(words: str, tokens: list[str]) -> Any | None:
    """The same with umlauts written the other way, Müller as Mueller and back; None where there is nothing of the kind."""
    written_out = fold(normalize("NFC", words).translate(_WRITTEN_OUT)).split(" ")
    ways = [(token, _PLAIN.sub(r"\1", token), out) for token, out in zip(tokens, written_out, strict=False)]
    if len(tokens) != len(written_out) or all(len(set(way)) == 1 for way in ways):
        return None
    return and_(*(or_(*(_contains(one if len(one) >= 3 else f" {one}") for one in dict.fromkeys(way))) for way in ways))


def _hits(how: str, condition: Any) -> Any:
    return select(literal(how).label("how"), Contact.id).where(condition, col(Contact.deleted_at).is_(None)).limit(MANY)


def _contains(part: str) -> Any:
    """``part`` stands in the contact. A part with letters beyond ASCII has an index of its own, since trigrams may not know them."""
    here = col(Contact.search_text).contains(part, autoescape=True)
    found = grams(part)
    return and_(col(Contact.search_grams).op("@@")(cast(tsquery(found), TSQUERY)), here) if found else here


def entries_with(words: str, limit: int) -> Any | None:
    """The keys of entries that hold every word, the last one as a beginning: of up to a thousand such entries, the latest. None for no word of three letters.

    Reading them all in order of time would cost half a second where common words go together, which no estimate foresees.
    """
    query = _every_word(words)
    if query is None:
        return None
    read = select(Interaction.id, Interaction.occurred_at).where(col(Interaction.search_vector).op("@@")(query), col(Interaction.deleted_at).is_(None))
    some = read.limit(NOTES_READ).subquery()
    return select(some.c.id).order_by(some.c.occurred_at.desc(), some.c.id.desc()).limit(limit)


def documents_with(words: str, limit: int) -> Any | None:
    """The keys of files that hold every word, in their name or inside, in the same way."""
    query = _every_word(words)
    if query is None:
        return None
    read = select(Document.id).where(col(Document.search_vector).op("@@")(query), col(Document.deleted_at).is_(None))
    some = read.limit(NOTES_READ).subquery()
    return select(some.c.id).order_by(some.c.id.desc()).limit(limit)


def _every_word(words: str) -> Any | None:
    known = [word for word in _WORD.findall(fold(words)) if len(word) >= 3]
    return func.to_tsquery("simple", " & ".join(f"'{word}'" for word in known) + ":*") if known else None


def _noted(words: str) -> Any | None:
    """Contacts of the latest entries that hold every word, and of such files."""
    found, filed = entries_with(words, NOTES), documents_with(words, NOTES)
    if found is None or filed is None:
        return None
    entries, files = found.subquery(), filed.subquery()
    noted = select(InteractionContact.contact_id).join(entries, entries.c.id == col(InteractionContact.interaction_id))
    people = noted.union(select(Document.contact_id).join(files, files.c.id == col(Document.id))).subquery()
    return select(literal("note").label("how"), people.c.contact_id.label("id"))


def _similar(tokens: list[str]) -> Any:
    """Contacts in which each longer token stands misspelt, the nearest first; two swapped letters are always forgiven."""
    longer = _forgivable(tokens)
    forgiving = [or_(col(Contact.search_text).op("%>")(token), *(_contains(f" {swapped}") for swapped in swaps(token))) for token in longer]
    nearness = sum((func.word_similarity(token, Contact.search_text) for token in longer), start=literal(0.0))
    return select(Contact.id).where(and_(*forgiving), col(Contact.deleted_at).is_(None)).order_by(nearness.desc(), col(Contact.id)).limit(SIMILAR)


def _forgivable(tokens: list[str]) -> list[str]:
    """Up to four words that may be misspelt. Of an e-mail address, what stands before the @; numbers are meant as they are."""
    words = [word for token in tokens for word in _WORD.findall(token.partition("@")[0])]
    return [word for word in words if len(word) >= 3 and not any(char.isdigit() for char in word)][:4]


def swaps(token: str) -> list[str]:
    """``jhon`` → ``hjon``, ``john``, ``jhno``: what a short word's trigrams cannot tell."""
    if not 3 <= len(token) <= 8:
        return []
    return sorted({token[:at] + token[at + 1] + token[at] + token[at + 2 :] for at in range(len(token) - 1)} - {token})
