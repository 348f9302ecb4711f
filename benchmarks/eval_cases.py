"""The labelled cases of the evaluation sets: read, put as the product would put them, and judged."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml
from pydantic import BaseModel

from crm_app.ai.skills import SKILLS, attendance
from crm_app.ai.skills.frame import Case, question_of
from crm_app.ai.types import Ask
from crm_app.domain.actor import Actor
from crm_app.domain.disclosure.schemas import Source, SourceKind
from crm_app.domain.permissions import Role

_HEAD = re.compile(r"(?P<kind>\w+)(?:/(?P<what>\w+))?(?: (?P<day>\d{4}-\d\d-\d\d))?(?: \| (?P<title>.*))?", re.DOTALL)
_WORDS = {"mentions", "avoids", "cites", "some", "none", "handles", "sure", "people", "steps", "due", "matches"}
"""Labels that are no field of an answer, or more than its value."""
_SUB = {"topics": "mentions"}


@dataclass(frozen=True, slots=True)
class Labelled:
    """One case: what is read, on which day and in which language, and what must hold of the answer."""

    skill: str
    id: str
    sources: tuple[Source, ...]
    expect: Mapping[str, Any]
    told: str = ""
    today: date = date(2026, 5, 12)
    locale: str = "en"
    names: Sequence[str] = field(default_factory=tuple)


def load_set(path: Path) -> list[Labelled]:
    """All cases of one file, in order."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [_labelled(content["skill"], case) for case in content["cases"]]


def question(case: Labelled) -> Ask:
    """What the product would ask of a model."""
    told = attendance.rows_of(case.names) or case.told
    actor = Actor(user_id=UUID(int=1), role=Role.MEMBER, name="Ines", locale=case.locale)
    return question_of(actor, SKILLS[case.skill], Case(sources=case.sources, told=told), today=case.today)


def fields_of(case: Labelled) -> dict[str, Any]:
    """The labels that stand for values of the answer's own fields."""
    return {name: value for name, value in case.expect.items() if name not in _WORDS | _SUB.keys() | {"stage", "actions", "confidence"}}


def judge(case: Labelled, value: BaseModel) -> list[str]:
    """Which labels do not hold."""
    value = value.within(len(case.sources))  # type: ignore[attr-defined]
    said = value.model_dump(mode="json")
    text = json.dumps(said, ensure_ascii=False).casefold()
    return [f"{name}: {_short(said, name)}" for name, wanted in case.expect.items() if not _holds(name, wanted, said, text)]


def _holds(name: str, wanted: Any, said: Mapping[str, Any], text: str) -> bool:
    looks = {
        "mentions": lambda: all(any(str(word).casefold() in text for word in words) for words in wanted),
        "topics": lambda: all(any(str(word).casefold() in str(said["topics"]).casefold() for word in words) for words in wanted),
        "avoids": lambda: not any(str(word).casefold() in text for word in wanted),
        "cites": lambda: set(wanted) <= set(_cited(said)),
        "some": lambda: all(said[part] for part in wanted),
        "none": lambda: not any(said[part] for part in wanted),
        "confidence": lambda: wanted[0] <= said["confidence"] <= wanted[1],
        "stage": lambda: _stage(said) in _listed(wanted),
        "actions": lambda: sorted({action["whose"] for action in said["actions"]}) == sorted(set(wanted)),
        "due": lambda: str(wanted) in {action["due"] for action in said["actions"]},
        "steps": lambda: wanted[0] <= len(said["steps"]) <= wanted[1],
        "people": lambda: _in_order(wanted, [line["text"] for line in said["people"]]),
        "handles": lambda: set(wanted) <= {guess["handle"] for guess in said["guesses"]},
        "sure": lambda: all(guess["confidence"] <= wanted for guess in said["guesses"]),
        "matches": lambda: _matched(wanted, said["matches"]),
    }  # fmt: skip
    return bool(looks[name]() if name in looks else said[name] in [_plain(one) for one in _listed(wanted)])


def _labelled(skill: str, case: Mapping[str, Any]) -> Labelled:
    told = {name: case[name] for name in ("told", "today", "locale", "names") if name in case}
    people = [{f"contact | {name}": ""} for name in case.get("people", ())]
    sources = tuple(_source(number, head, text) for number, part in enumerate([*case.get("sources", ()), *people], 1) for head, text in part.items())
    return Labelled(skill=skill, id=case["id"], sources=sources, expect=case["expect"], **told)


def _source(number: int, head: str, text: str) -> Source:
    found = _HEAD.fullmatch(head)
    assert found, head
    day = date.fromisoformat(found["day"]) if found["day"] else None
    when = datetime(day.year, day.month, day.day, 9, tzinfo=UTC) if day else None
    return Source(
        kind=SourceKind(found["kind"]), id=UUID(int=number), title=(found["title"] or ""), when=when, text=text, what=found["what"] or "",
        contact_ids=frozenset(),
    )  # fmt: skip


def _listed(wanted: Any) -> list[Any]:
    return wanted if isinstance(wanted, list) else [wanted]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _stage(said: Mapping[str, Any]) -> Any:
    stage = said["stage"]
    return stage["stage"] if isinstance(stage, dict) else stage


def _cited(said: Any) -> Iterator[int]:
    if isinstance(said, Mapping):
        for name, part in said.items():
            yield from part if name == "sources" else _cited(part)
    elif isinstance(said, list):
        for part in said:
            yield from _cited(part)


def _in_order(names: Sequence[str], lines: Sequence[str]) -> bool:
    places = [next((at for at, line in enumerate(lines) if name in line), -1) for name in names]
    return -1 not in places and places == sorted(places)


def _matched(wanted: Sequence[Any], said: Sequence[Mapping[str, Any]]) -> bool:
    rows = {match["row"]: match["person"] for match in reversed(said)}
    return all(rows.get(number) in _listed(person) for number, person in enumerate(wanted, 1))


def _short(said: Mapping[str, Any], name: str) -> str:
    return str(said.get(name, ""))[:80]
