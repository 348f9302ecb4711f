"""How well events find their contacts, on a labelled set: ``python -m benchmarks.matching`` writes precision and recall into ``RESULTS.md``.

The set is ``matching_events.tsv``: a title, a description, who is asked, and whom a person says it concerns, of the people of
``matching_people.tsv``. It holds what makes it hard, too: two of one name, names that are words, names half written, strangers of similar names.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid5

from benchmarks.report import put_matching
from crm_app.domain.calendar.matching import Directory, clues_of, comparable, find_people
from crm_app.domain.calendar.reading_schemas import ReadAttendee, ReadEvent
from crm_app.domain.contacts.rules import sort_name_of

HERE = Path(__file__).parent
OWN = frozenset({"me@practice.example"})
WHEN = datetime(2026, 1, 1, tzinfo=UTC)
_SPACE = UUID(int=0)


@dataclass
class Score:
    """How many links were made rightly, wrongly, and not at all."""

    cases: int = 0
    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        """Of the links that were made, the share that is right."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """Of the links that are right, the share that was made."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0


def main() -> None:
    """Measure, print and write down."""
    scores = measure()
    lines = [f"| {name} | {score.cases} | {score.precision:.3f} | {score.recall:.3f} |" for name, score in scores.items()]
    text = (
        "Events and the contacts whom they concern, on a labelled set (`benchmarks/matching_events.tsv`) that is made to be hard: two of one name, names that are "
        "words, names half written, strangers of similar names. A wrong link is worse than a missing one, which a person makes with one click. The rules were made "
        "with this set at hand, so that a set of strangers would score lower.\n\n"
        "| events | cases | precision | recall |\n|---|---|---|---|\n" + "\n".join(lines) + "\n"
    )
    print(text)
    put_matching(text)


def measure() -> dict[str, Score]:
    """The scores of events that ask others by address, of those that only have words, and of all."""
    people, known = known_people()
    scores: dict[str, Score] = {"with attendees": Score(), "by their words alone": Score(), "all": Score()}
    for read, wanted in _cases(people):
        found = find_people(clues_of(read, OWN), known)
        asked = any(comparable(one.email) not in OWN for one in read.attendees)
        for score in (scores["with attendees" if asked else "by their words alone"], scores["all"]):
            score.cases += 1
            score.right += len(found & wanted)
            score.wrong += len(found - wanted)
            score.missed += len(wanted - found)
    return scores


def known_people() -> tuple[dict[str, UUID], Directory]:
    """Everybody by name, ``#2`` being the second of that name; and by what matching knows them."""
    people: dict[str, UUID] = {}
    addresses: dict[str, set[UUID]] = defaultdict(set)
    names: dict[str, set[UUID]] = defaultdict(set)
    for row in _rows("matching_people.tsv"):
        key = uuid5(_SPACE, row["addresses"])
        name = row["name"]
        people.setdefault(name, key)
        people[f"{name}#2" if f"{name}#1" in people else f"{name}#1"] = key
        names[sort_name_of(name)].add(key)
        for address in row["addresses"].split(","):
            addresses[comparable(address)].add(key)
    return people, Directory(addresses, names)


def _cases(people: dict[str, UUID]) -> Iterator[tuple[ReadEvent, set[UUID]]]:
    for number, row in enumerate(_rows("matching_events.tsv")):
        asked = tuple(ReadAttendee(email=address) for address in row["asked"].split(",") if address)
        read = ReadEvent(uid=str(number), title=row["title"], description=row["description"], starts_at=WHEN, ends_at=WHEN, attendees=asked)
        yield read, {people[name] for name in row["concerns"].split(";") if name}


def _rows(file: str) -> list[dict[str, str]]:
    with (HERE / file).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


if __name__ == "__main__":
    main()
