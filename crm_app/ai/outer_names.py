"""Stand-ins for people where an assistant elsewhere reads, of whose conversation nothing is kept here: a stand-in says itself whom it stands for.

Who agrees to AI goes out as ``Person_<id>``, by the id that the other assistant works with anyway, and comes back under the name that they have then, for as
long as AI may read them. Anybody else goes out as ``[somebody]``, which means nobody in particular, and stays so.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlmodel import Session

from crm_app.ai.pseudonyms import WORDS, patterns
from crm_app.domain.actor import Actor
from crm_app.domain.ai import service as ai
from crm_app.domain.disclosure import identity_queries
from crm_app.domain.disclosure.schemas import Identity
from crm_app.domain.permissions import Permission
from crm_app.domain.text import fold

NAMELESS = {"Person": "[somebody]", "Mail": "[a mail address]", "Phone": "[a number]", "Address": "[an address]"}
_ID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_BEFORE = re.compile(r"[\s().\-/]+")
_KEY = re.compile(rf"({_ID})")
_STAND_IN = re.compile(rf"({'|'.join(WORDS)})_({_ID})(?:_(\d{{1,2}}))?", re.IGNORECASE)


class OuterMask:
    """Hides people in what another assistant is told. ``known`` go out by their ids, ``others`` as nobody in particular. Ids stay as they are."""

    def __init__(self, known: Mapping[UUID, Identity], others: Collection[Identity]) -> None:
        found: list[tuple[str, str, str]] = []
        shared = Counter(said for person in known.values() for said in {fold(said) for _word, said, _pattern in patterns(person)})
        for key, person in known.items():
            places: Counter[str] = Counter()
            for word, said, pattern in patterns(person):
                places[word] += 1
                mine = f"{word}_{key}" + (f"_{places[word]}" if places[word] > 1 else "")
                found.append((word, pattern, mine if shared[fold(said)] == 1 else NAMELESS[word]))  # whose a name is that two have, nobody can tell
        found += [(word, pattern, NAMELESS[word]) for person in others for word, _said, pattern in patterns(person)]
        found.sort(key=lambda one: (WORDS.index(one[0]) == 0, -len(one[1])))  # as in ``Mask``; of two that are as long, who is known comes first
        self._stand_ins = [stand_in for _word, _pattern, stand_in in found]
        self._pattern = re.compile("|".join(f"({pattern})" for _word, pattern, _stand_in in found), re.IGNORECASE) if found else None

    def hide(self, text: str) -> str:
        """The text with stand-ins."""
        if self._pattern is None:
            return text
        parts = _KEY.split(text)
        return "".join(part if place % 2 else self._pattern.sub(self._hidden, part) for place, part in enumerate(parts))

    def _hidden(self, found: re.Match[str]) -> str:
        before = _BEFORE.match(found[0])  # a number is taken with what stands between it and a code that it may have
        return (before[0] if before else "") + self._stand_ins[(found.lastindex or 1) - 1]


def mask_for(session: Session, actor: Actor, texts: Collection[str], contact_ids: Collection[UUID]) -> OuterMask | None:
    """What hides everybody in these texts, which speak of these contacts; None where the team lets names go out."""
    actor.require(Permission.AI_USE)
    if not ai.get_settings(session, actor).pseudonymise:
        return None
    return OuterMask(identity_queries.find_known_as(session, actor, contact_ids), identity_queries.list_named_in(session, actor, texts))


def show_names(session: Session, actor: Actor, given: Mapping[str, Any]) -> dict[str, Any]:
    """What another assistant gives, with the names of those whom AI may read now in place of their stand-ins, also where the team has let names go out since."""
    actor.require(Permission.AI_USE)
    wanted = {UUID(found[1]) for text in _texts(given) for found in _STAND_IN.findall(text)}
    known = identity_queries.find_known_as(session, actor, wanted)
    return {name: _shown(value, known) for name, value in given.items()}


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return [text for part in parts for text in _texts(part)]


def _shown(value: Any, known: Mapping[UUID, Identity]) -> Any:
    if isinstance(value, Mapping):
        return {name: _shown(part, known) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(part, known) for part in value]
    return _STAND_IN.sub(lambda found: _said(found, known), value) if isinstance(value, str) else value


def _said(found: re.Match[str], known: Mapping[UUID, Identity]) -> str:
    """What stands there in truth; the stand-in itself for whom AI may not read, and for what was never given."""
    person = known.get(UUID(found[2]))
    forms = [said for word, said, _pattern in patterns(person) if word.lower() == found[1].lower()] if person else []
    place = int(found[3] or 1) - 1
    return forms[place] if 0 <= place < len(forms) else found[0]
