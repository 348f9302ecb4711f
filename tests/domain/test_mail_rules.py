"""What needs no database: by what mail is known, how it is weighed, and how well on the labelled sets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from benchmarks import mail_sets
from crm_app.domain.mail import identity, wording
from crm_app.domain.mail.automatic import Automatic, automatic
from crm_app.domain.mail.models import Standing
from crm_app.domain.mail.reading_schemas import Mailbox, ReadMail
from crm_app.domain.mail.relevance import Facts, Reason, Weights, weigh

NOW = datetime(2026, 4, 16, 12, tzinfo=UTC)


def test_the_labelled_sets_are_large_and_are_judged_well() -> None:
    """The figures stand in RESULTS.md; a rule that makes them worse fails here."""
    sets = {"mail_heads.tsv": mail_sets.measure_automatic(), "mail_relevance.tsv": mail_sets.measure_relevance(), "mail_matching.tsv": mail_sets.measure_matching()}
    for file, score in sets.items():
        lines = [tuple(row.values()) for row in mail_sets.rows(file)]
        assert len(lines) >= 200 and score.cases == len(lines), file
    least = {"mail_heads.tsv": (0.97, 0.96), "mail_relevance.tsv": (0.95, 0.97), "mail_matching.tsv": (0.98, 0.97)}
    assert {file: (score.precision >= least[file][0], score.recall >= least[file][1]) for file, score in sets.items()} == dict.fromkeys(sets, (True, True))
    right, cases = mail_sets.count_kinds()
    assert right / cases >= 0.95


@pytest.mark.parametrize(
    "address,marks,kind",
    [
        ("ana@mail.example", {"auto-submitted": "auto-replied (vacation)", "precedence": "bulk"}, Automatic.REPLY),
        ("ana@mail.example", {"auto-submitted": "No"}, None),
        ("keine-antwort@bahn.example", {}, Automatic.NO_REPLY),
        ("nora.reply@mail.example", {}, None),
        ("mailer-daemon@mx.example", {"list-id": "<x>"}, Automatic.BOUNCE),
        ("ana@mail.example", {"content-type": "multipart/report; report-type=disposition-notification"}, Automatic.REPLY),
    ],
)
def test_automatic_mail(address, marks, kind) -> None:
    assert automatic(address, marks) == kind


def test_a_rule_and_a_hand_decide_alone() -> None:
    loud = Facts("in", automatic="newsletter")
    assert weigh(loud).standing == Standing.SET_ASIDE
    assert weigh(Facts("in", automatic="newsletter", verdict="always")).standing == Standing.KEPT
    assert weigh(Facts("in", automatic="newsletter", by_hand=True, contact=True)).reasons[0] == Reason.HAND
    never = weigh(Facts("in", contact=True, by_hand=True, written=True, verdict="never"))
    assert (never.standing, never.reasons, never.score) == (Standing.SET_ASIDE, ("never",), 0)


def test_the_weights_can_be_tuned() -> None:
    crowd = Facts("in", contact=True, people=40)
    assert weigh(crowd).standing == Standing.SET_ASIDE
    assert weigh(crowd, Weights(crowd=0)).standing == Standing.KEPT


def test_a_person_who_is_no_contact_is_unknown_and_a_machine_is_set_aside() -> None:
    assert weigh(Facts("in", written=True, direct=True)).standing == Standing.UNKNOWN
    assert weigh(Facts("in", automatic="notice")).standing == Standing.SET_ASIDE
    assert weigh(Facts("in", people=26)).standing == Standing.SET_ASIDE


def test_every_reason_is_a_sentence() -> None:
    known = [*(reason.value for reason in Reason), *(kind.value for kind in Automatic)]
    said = wording.sentences(known, ["Ana Silva"])
    assert len(said) == len(set(said)) == len(known) and all(one.endswith(".") for one in said)
    assert wording.sentences(["contact", "contact", "unheard of"], ["Ana", "Ben"]) == ("Ana and 1 more are contacts.",)
    assert wording.sentences(["contact"], []) == ("An address in it is a contact's.",)


def read(**values) -> ReadMail:
    people = {name: tuple(Mailbox(address=one) for one in values.pop(name, ())) for name in ("senders", "to", "cc", "reply_to")}
    return ReadMail(**people, **values)


def test_a_mail_is_known_by_its_id_and_its_sender() -> None:
    one = read(message_id="a@x", senders=["ana@x.example"])
    assert identity.ident_of(one) == identity.ident_of(one.model_copy(update={"subject": "Fwd", "marks": {"x-loop": "1"}}))
    assert identity.ident_of(one) != identity.ident_of(read(message_id="a@x", senders=["eve@x.example"]))
    assert identity.ident_of(read(subject="x")) != identity.ident_of(read(subject="y"))


def test_when_it_was_sent() -> None:
    for said, received, expected in (
        (NOW - timedelta(days=1), None, NOW - timedelta(days=1)), (NOW + timedelta(days=1), NOW - timedelta(hours=1), NOW - timedelta(hours=1)),
        (None, None, NOW), (datetime(1981, 1, 1, tzinfo=UTC), NOW - timedelta(days=3), NOW - timedelta(days=3)), (None, NOW + timedelta(days=9), NOW),
    ):  # fmt: skip
        assert identity.sent_when(read(sent_at=said), received, NOW) == expected


@pytest.mark.parametrize("subject,answers", [("Re: Retreat dates", True), ("AW: Re: RETREAT  dates", True), ("Antw[2]: Retreat dates", True), ("Retreat dates", False), ("Rehearsal dates", False)])
def test_a_talk_by_its_subject(subject, answers) -> None:
    same = identity.talk_of(read(subject="Retreat dates"), {"a@x"})[0]
    talk, found = identity.talk_of(read(subject=subject), {"a@x"})
    assert found is answers and (talk == same) is (subject != "Rehearsal dates")
    assert identity.talk_of(read(subject=subject), {"b@x"})[0] != talk
    assert identity.talk_of(read(subject="Re: "), {"a@x"})[0] == "" and identity.talk_of(read(subject=subject), ())[0] == ""


def test_who_wrote_it() -> None:
    mine = read(senders=["me@x.example"])
    own = {"me@x.example"}
    assert identity.direction_of(mine, "inbox", own) == "out"
    assert identity.direction_of(mine.model_copy(update={"verified": "spf=pass dmarc=fail"}), "inbox", own) == "in", "somebody writes in one's own name"
    assert identity.direction_of(read(senders=["you@x.example"]), "sent", own) == "out"
    parties = identity.parties_of(read(senders=["you@x.example"], to=["me@x.example", "ana@x.example"], reply_to=["form@x.example"]))
    assert identity.others_of(parties, "in", own) == {"you@x.example", "ana@x.example", "form@x.example"}
    assert identity.others_of(parties, "out", own) == {"ana@x.example"}


def test_hostile_heads_fit_into_the_tables() -> None:
    long = read(message_id="x" * 900, references=tuple(f"{one}@x" for one in range(500)), senders=["a\x00b@x.example"], to=[f"{one}@x.example" for one in range(3_000)])
    assert len(identity.parties_of(long)) == 100
    references = identity.references_of(long)
    assert len(references) <= 40 and max(map(len, references)) <= identity.LONGEST_REFERENCE
    assert identity.sender_of(long)[0] == "ab@x.example"
