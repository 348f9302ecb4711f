"""How well mail is judged, on labelled sets: ``python -m benchmarks.mail_sets`` writes precision and recall into ``RESULTS.md``.

``mail_heads.tsv``: the lines of a head by which automatic mail is known, as real programs write them, and what a person says the mail is.
``mail_relevance.tsv``: situations, and whether a practitioner wants the mail on a record. ``mail_matching.tsv``: who stands in a head, and whom of
``matching_people.tsv`` it concerns. All three hold what no rule of ours can know, too.
"""

from __future__ import annotations

import csv
from pathlib import Path

from benchmarks.matching import HERE, OWN, Score, known_people
from benchmarks.report import put_mail
from crm_app.domain.mail.automatic import automatic
from crm_app.domain.mail.identity import others_of, parties_of
from crm_app.domain.mail.models import Standing
from crm_app.domain.mail.reading_schemas import Mailbox, ReadMail
from crm_app.domain.mail.relevance import Facts, weigh

NONE = "person"


def main() -> None:
    """Measure, print and write down."""
    scores = {
        "mail that no person wrote to one person, by its head": measure_automatic(), "mail that belongs on a record": measure_relevance(),
        "mail and the contacts whom it concerns": measure_matching(),
    }  # fmt: skip
    right, cases = count_kinds()
    lines = [f"| {name} | {score.cases} | {score.precision:.3f} | {score.recall:.3f} |" for name, score in scores.items()]
    text = (
        "Mail, on labelled sets (`benchmarks/mail_heads.tsv`, `mail_relevance.tsv`, `mail_matching.tsv`): head lines as campaign tools, list servers, mail programs "
        "and bouncing servers write them (the shapes of the e-mail corpus of the tests among them), situations, and heads with people in them. Each was labelled by "
        "hand with what a person would say, also where no head tells it: orders without a mark, forged senders, addresses that nobody wrote down. The rules were "
        "made with these sets at hand, so that sets of strangers would score lower.\n\n"
        "| what is found | cases | precision | recall |\n|---|---|---|---|\n" + "\n".join(lines) + "\n\n"
        f"Of {cases} heads, {right} are given the very kind (newsletter, list, automatic answer, bounce, notice, no reply, person) that the label says.\n"
    )
    print(text)
    put_mail(text)


def measure_automatic() -> Score:
    """How well automatic mail is told from people's."""
    score = Score()
    for label, found in _heads():
        _count(score, wanted=label != NONE, found=found != NONE)
    return score


def count_kinds() -> tuple[int, int]:
    """Of how many heads the very kind is found, and how many there are."""
    told = [label == found for label, found in _heads()]
    return sum(told), len(told)


def measure_relevance() -> Score:
    """How well the score tells what belongs on a record."""
    score = Score()
    for row in rows("mail_relevance.tsv"):
        kind = automatic("somebody@mail.example", _marks(row["marks"]))
        facts = Facts(
            direction=row["direction"], automatic=kind.value if kind else "", contact=bool(row["contact"]), by_hand=bool(row["hand"]), written=bool(row["written"]),
            thread=bool(row["thread"]), direct=bool(row["direct"]), people=int(row["people"]), verdict=row["rule"] or None,
        )  # fmt: skip
        _count(score, wanted=row["label"] == "keep", found=weigh(facts).standing == Standing.KEPT)
    return score


def measure_matching() -> Score:
    """How well heads find the contacts whom they concern."""
    people, known = known_people()
    score = Score()
    for row in rows("mail_matching.tsv"):
        senders, to, cc, reply_to = (tuple(Mailbox(address=one.lower()) for one in row[name].split(",") if one) for name in ("from", "to", "cc", "reply_to"))
        parties = parties_of(ReadMail(senders=senders, to=to, cc=cc, reply_to=reply_to))
        found = {key for address in others_of(parties, row["direction"], OWN) for key in known.addresses.get(address, ())}
        wanted = {people[name] for name in row["concerns"].split(";") if name}
        score.cases += 1
        score.right += len(found & wanted)
        score.wrong += len(found - wanted)
        score.missed += len(wanted - found)
    return score


def rows(file: str) -> list[dict[str, str]]:
    """The lines of one of the sets."""
    with (Path(HERE) / file).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def _heads() -> list[tuple[str, str]]:
    """What a person says of each head, and what we do."""
    found = []
    for row in rows("mail_heads.tsv"):
        kind = automatic(row["sender"], _marks(row["marks"]))
        found.append((row["label"], kind.value if kind else NONE))
    return found


def _marks(written: str) -> dict[str, str]:
    return {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in written.split(" | ") if line)}


def _count(score: Score, *, wanted: bool, found: bool) -> None:
    score.cases += 1
    score.right += wanted and found
    score.wrong += found and not wanted
    score.missed += wanted and not found


if __name__ == "__main__":
    main()
