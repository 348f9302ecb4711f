"""The evaluation sets: labelled well enough to be asked of a model. No score is measured here, since that needs a real one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from pydantic import TypeAdapter, ValidationError

from benchmarks import evals
from benchmarks.eval_cases import _WORDS, fields_of, judge, load_set, question
from crm_app.ai.fake import FakeGateway
from crm_app.ai.skills import SKILLS, attendance, events, lifecycle, mail_summary, next_session, sentiment
from crm_app.ai.types import Endpoint
from crm_app.domain.contacts.models import Stage
from tests.ai.server import Say, running

SETS = sorted((Path(__file__).parent / "evals").glob("*.yaml"))
FORMS = {name: skill.result for name, skill in SKILLS.items()}


def test_every_skill_has_a_set_and_every_set_a_skill():
    assert {path.stem for path in SETS} == set(FORMS)


@pytest.mark.parametrize("path", SETS, ids=lambda path: path.stem)
def test_a_set_has_thirty_cases_and_more_each_with_a_name_of_its_own(path):
    cases = load_set(path)
    assert len(cases) >= 30 and len({case.id for case in cases}) == len(cases)
    assert yaml.safe_load(path.read_text(encoding="utf-8"))["skill"] == path.stem
    words = [" ".join(source.title + source.text for source in case.sources) + " ".join(case.names) for case in cases]
    assert len(set(words)) == len(words), "no two cases read the same"
    assert sum("injection" in case.id for case in cases) >= 1


@pytest.mark.parametrize("path", SETS, ids=lambda path: path.stem)
def test_labels_are_of_the_answers_form(path):
    form = FORMS[path.stem]
    for case in load_set(path):
        assert case.expect and set(case.expect) <= _WORDS | set(form.model_fields), case.id
        for name, wanted in fields_of(case).items():
            adapter = TypeAdapter(form.model_fields[name].rebuild_annotation())
            for value in wanted if isinstance(wanted, list) else [wanted]:
                adapter.validate_python(value)
        assert set(case.expect.get("cites", ())) <= set(range(1, len(case.sources) + 1)), case.id
        for part in (*case.expect.get("some", ()), *case.expect.get("none", ())):
            assert part in form.model_fields, case.id
        stages = case.expect.get("stage", [])
        assert set(stages if isinstance(stages, list) else [stages]) <= {None, *Stage}, case.id
        assert len(case.expect.get("matches", case.names)) == len(case.names), case.id


@pytest.mark.parametrize("path", SETS, ids=lambda path: path.stem)
def test_every_case_is_asked_as_the_product_asks(path):
    for case in load_set(path):
        asked = question(case)
        assert asked.schema is FORMS[path.stem] and asked.max_output <= 2_000
        whole = asked.messages[1].content
        assert all(" ".join(source.title.split())[:20] in whole for source in case.sources if source.title.isascii()), case.id


def test_a_label_that_holds_and_one_that_does_not():
    (case,) = [case for case in load_set(SETS[0].with_name("sentiment.yaml")) if case.id == "injection-score-five"]
    assert judge(case, sentiment.Sentiment(score=1, confidence=0.9, reason="Paint")) == []
    assert judge(case, sentiment.Sentiment(score=5, confidence=1, reason="So it says")) == ["score: 5"]
    (case,) = [case for case in load_set(SETS[0].with_name("mail_summary.yaml")) if case.id == "refund-deadline"]
    said = mail_summary.MailSummary.model_validate({
        "summary": [{"text": "Charged twice, wants it back and their data deleted.", "sources": [1, 9]}], "needs_reply": True, "confidence": 0.9,
        "actions": [{"text": "Refund", "whose": "us", "due": "2026-02-06", "sources": [1]}, {"text": "Invented", "whose": "them", "due": None, "sources": [4]}],
    })  # fmt: skip
    assert judge(case, said) == [], "what cites nothing that was given does not count"
    (case,) = [case for case in load_set(SETS[0].with_name("next_session.yaml")) if case.id == "booked"]
    why = {"text": "It is booked.", "sources": [2]}
    guess = next_session.NextSession.model_validate({"on": "2026-04-21", "basis": "booked", "minutes": 50, "topic": "", "why": why, "confidence": 1})
    assert [missed.partition(":")[0] for missed in judge(case, guess)] == ["on"]
    (case,) = [case for case in load_set(SETS[0].with_name("attendance.yaml")) if case.id == "two-anas"]
    matched = attendance.Matches.model_validate({"matches": [{"row": 1, "person": 1, "confidence": 0.5, "why": ""}]})
    assert [missed.partition(":")[0] for missed in judge(case, matched)] == ["matches"]


def test_scores_count_forms_and_labels_and_stand_where_they_stood_before(tmp_path):
    cases = load_set(SETS[0].with_name("sentiment.yaml"))[:3]
    fake = FakeGateway({"score": 4, "confidence": 0.8, "reason": "Steady"}, "no form at all", {"score": 4, "confidence": 0.8, "reason": "Calm"})
    scored = [evals.score(fake, Endpoint("fake"), "fake", case) for case in cases]
    assert [(one.formed, one.right) for one in scored] == [(True, True), (False, False), (True, False)]
    path = tmp_path / "RESULTS.md"
    path.write_text("# Results\n\nbefore\n")
    for day in ("2026-05-11", "2026-05-12"):
        evals.write(evals.table({"sentiment": scored}, "fake/fake", day), path)
    text = path.read_text()
    assert text.startswith("# Results\n\nbefore\n") and "2026-05-12" in text and "2026-05-11" not in text
    assert "| sentiment | 3 | 33% | 33% | 67% |" in text


def test_without_a_model_nothing_is_measured_and_that_is_what_it_says(monkeypatch, capsys):
    for name in ("EVAL_PROVIDER", "EVAL_MODEL"):
        monkeypatch.delenv(name, raising=False)
    assert evals.main() == 1
    assert capsys.readouterr().out.startswith("not measured")


def test_with_a_key_the_whole_way_is_gone_to_a_server_and_back_into_the_results(tmp_path, monkeypatch, capsys):
    results = tmp_path / "RESULTS.md"
    monkeypatch.setattr(evals, "RESULTS", results)
    with running() as model:
        model.always = Say('{"score": 4, "confidence": 0.8, "reason": "Steady"}')
        said = {"PROVIDER": "openai", "MODEL": "scripted-1", "KEY": "sk-of-the-tester", "BASE_URL": model.url, "SKILLS": "sentiment"}
        for name, value in said.items():
            monkeypatch.setenv(f"EVAL_{name}", value)
        model.say(Say("no form at all"), Say(status=401))
        assert evals.main() == 0
        cases = load_set(SETS[0].with_name("sentiment.yaml"))
        assert len(model.asked) == len(cases)
        assert all(body["model"] == "scripted-1" and body["response_format"] and "sk-of-the-tester" in json.dumps(headers) for _path, headers, body in model.asked)
    right = sum(judge(case, sentiment.Sentiment(score=4, confidence=0.8, reason="Steady")) == [] for case in cases)
    formed = f"{(len(cases) - 2) / len(cases):.0%}"
    (line,) = [line for line in results.read_text().splitlines() if line.startswith("| sentiment")]
    assert f"| {len(cases)} |" in line and f"| {formed} |" in line and 0 < right < len(cases)
    out = capsys.readouterr().out
    assert "Model: openai/scripted-1" in out and '"missed": "no form at all"' in out and "sk-of-the-tester" not in out + results.read_text()


@pytest.mark.parametrize(("form", "given"), [(lifecycle.Lifecycle, {"stage": "friend"}), (events.EventFacts, {"sort": "party"}), (sentiment.Sentiment, {"score": 6})])
def test_an_answer_of_another_form_is_none(form, given):
    with pytest.raises(ValidationError):
        form.model_validate(given)
