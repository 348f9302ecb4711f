"""Finding people by what is remembered of them, spelt as it comes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.grams import grams
from crm_app.domain.contacts.schemas import ContactCreate, ContactFilter, ContactUpdate, PointInput
from crm_app.domain.documents import service as documents
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionCreate
from crm_app.domain.palette import service as palette
from crm_app.domain.tags import service as tags
from tests.documents import write_document


def names(run, who, search, **wanted):
    return [row.display_name for row in run(who, contacts.list_contacts, ContactFilter(search=search, **wanted)).rows]


@pytest.fixture
def people(run, alice):
    zofia = ContactCreate(
        given_name="Žofia", family_name="Großmann", company="Blue Door Physio", tags=["Prenatal yoga"], notes="Likes the early class", city="Brno",
        points=[PointInput(kind="phone", value="(020) 7946-0958"), PointInput(kind="email", value="Zofia.G@Example.org"), PointInput(kind="website", value="https://grossmann.example")],
    )  # fmt: skip
    john = ContactCreate(display_name="John O'Brien", company="100% Wool_Shop", points=[PointInput(kind="phone", value="+1 212 555 0123"), PointInput(kind="phone", value="12345")])
    return {person.display_name: run(alice, contacts.create_contact, person).id for person in (zofia, john, ContactCreate(display_name="Katherine Smith"))}


@pytest.mark.parametrize(
    "search",
    [
        "Žofia", "zofia", "ZOFIA", "grossmann", "Großmann", "zofia großmann", "großmann žofia", "zof gro", "blue door", "physio", "prenatal", "yoga", "brno",
        "zofia.g@example.org", "Zofia.G@", "example.org", "grossmann.example", "early class",
        "+44 20 7946 0958", "020 7946 0958", "(020) 7946-0958", "02079460958", "00442079460958", "+44 (0)20 7946 0958", "7946 0958", "0958",
    ],
)  # fmt: skip
def test_she_is_found_by_anything_that_is_known_of_her(run, alice, people, search):
    assert names(run, alice, search) == ["Žofia Großmann"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("Katharine", "Katherine Smith"), ("Kathrine Smth", "Katherine Smith"), ("jhon", "John O'Brien"), ("obrien", "John O'Brien"), ("grosman", "Žofia Großmann"),
        ("zofai", "Žofia Großmann"), ("blue dor", "Žofia Großmann"), ("zofia.grosman@example.org", "Žofia Großmann"), ("212-555-0123", "John O'Brien"), ("12345", "John O'Brien"),
    ],
)  # fmt: skip
def test_a_typing_error_is_forgiven(run, alice, people, search, found):
    assert names(run, alice, search) == [found]


@pytest.mark.parametrize("search", ["%", "_", "\\", "'", "100%", "wool_shop", "o'b", "&|!:*()", "'; drop table contact --", "\x00", "\ud800", "a" * 200, "  ", "*", "🧘"])
def test_any_character_may_be_typed(run, alice, people, search):
    found = names(run, alice, search)
    expected = {"100%": ["John O'Brien"], "wool_shop": ["John O'Brien"], "o'b": ["John O'Brien"], "\\": [], "🧘": []}
    if search in expected:
        assert found == expected[search]


def test_a_sign_is_not_a_wildcard(run, alice, people):
    assert names(run, alice, "j%n") == [] and names(run, alice, "kat_erine") != names(run, alice, "zzz%")


def test_what_was_said_is_found_by_who_may_see_it(run, alice, bob, people):
    katherine = people["Katherine Smith"]
    run(alice, interactions.log_interaction, InteractionCreate(kind="note", body="Her knee aches after skiing", contact_ids=[katherine]))
    run(alice, interactions.log_interaction, InteractionCreate(kind="note", body="Wedding in August", audience="private", contact_ids=[katherine]))
    assert names(run, alice, "knee ski") == names(run, bob, "skiing") == names(run, bob, "KNEE") == ["Katherine Smith"]
    assert names(run, alice, "wedding") == ["Katherine Smith"] and names(run, bob, "wedding") == []


def test_deleted_words_are_not_found(run, alice, people):
    katherine = people["Katherine Smith"]
    entry = run(alice, interactions.log_interaction, InteractionCreate(kind="note", body="Skiing", contact_ids=[katherine]))
    run(alice, interactions.delete_interaction, entry.id)
    assert names(run, alice, "skiing") == []
    run(alice, contacts.update_contact, katherine, ContactUpdate(version=1, company="Harbour"))
    assert names(run, alice, "harbour") == ["Katherine Smith"]
    run(alice, contacts.delete_contacts, [katherine])
    assert names(run, alice, "harbour") == []


def test_a_private_contact_is_found_by_its_owner_alone(run, alice, bob):
    run(alice, contacts.create_contact, ContactCreate(display_name="Secret Agent", audience="private"))
    assert names(run, alice, "agent") == ["Secret Agent"] and names(run, bob, "agent") == names(run, bob, "agnet") == []


def test_words_and_filters_go_together(run, alice, people):
    assert names(run, alice, "o", stages=("ambassador",)) == []
    run(alice, contacts.set_stage, [people["John O'Brien"]], "ambassador")
    assert names(run, alice, "o", stages=("ambassador",)) == ["John O'Brien"]


def test_many_hits_are_found_as_well_as_few(run, alice, people, monkeypatch):
    """The plan changes with the number of hits; what is found does not."""
    katherine = people["Katherine Smith"]
    run(alice, interactions.log_interaction, InteractionCreate(kind="note", body="She knows John O'Brien from school", contact_ids=[katherine]))
    few = [names(run, alice, words, sort=sort) for words in ("brien", "john", "o") for sort in ("name", "-name", "stage")]
    monkeypatch.setattr("crm_app.domain.contacts.search_queries.MANY", 1)
    assert [names(run, alice, words, sort=sort) for words in ("brien", "john", "o") for sort in ("name", "-name", "stage")] == few
    assert few[0] == ["John O'Brien", "Katherine Smith"]


def test_a_renamed_tag_is_found_by_its_new_name(run, alice, bob, people):
    hers = run(bob, contacts.create_contact, ContactCreate(display_name="Bob's own", audience="private", tags=["prenatal yoga"])).id
    tag = run(alice, tags.list_tags)[0]
    run(alice, tags.rename_tag, tag.id, "Pilates")
    assert names(run, alice, "pilates") == ["Žofia Großmann"] and names(run, alice, "prenatal") == []
    assert run(bob, contacts.get_contact, hers).tags == ("Pilates",)
    assert names(run, bob, "pilates") == ["Bob's own", "Žofia Großmann"]


@pytest.mark.parametrize(("search", "found"), [("mueller", "Jürgen Müller"), ("jaeger", "Ida Jäger"), ("jäger mueller", None), ("goetz", "Gotz Olafson"), ("kroell", "Kröll")])
def test_umlauts_may_be_written_either_way(run, alice, search, found):
    for name in ("Jürgen Müller", "Ida Jäger", "Gotz Olafson", "Kröll"):
        run(alice, contacts.create_contact, ContactCreate(display_name=name))
    assert names(run, alice, search) == ([found] if found else [])


def test_an_umlaut_finds_who_is_written_without(run, alice):
    run(alice, contacts.create_contact, ContactCreate(display_name="Paul Mueller"))
    assert names(run, alice, "müller") == ["Paul Mueller"]
    run(alice, contacts.create_contact, ContactCreate(display_name="Anna Müller"))
    assert names(run, alice, "müller") == ["Anna Müller"] and names(run, alice, "mueller") == ["Paul Mueller"]


@pytest.mark.parametrize(
    ("name", "searches"),
    [
        ("佐藤美咲", ("佐藤", "美咲", "藤美", "佐", "佐藤美", "藤美咲", "佐藤美咲")), ("Оксана Шевчук", ("оксана", "ше", "евчу", "шевчук окс", "ш")),
        ("김서연", ("김", "서연", "김서연")), ("กมล ศรีสุข", ("กมล", "ศรี", "ก")), ("Γιώργος Παπαδοπούλου", ("γιωργος", "Παπα", "δοπου")), ("محمد منصور", ("منصور", "من")),
    ],
)  # fmt: skip
def test_every_script_is_found_by_its_letters(run, alice, bob, name, searches):
    for other in ("Sato Misaki", "渡辺蓮", "Ольга Мельник", "박민준", "ปรีชา ทองดี", "Νίκος Ζαχαρίου", "يوسف حداد"):
        run(alice, contacts.create_contact, ContactCreate(display_name=other))
    run(alice, contacts.create_contact, ContactCreate(display_name=name))
    assert {search: names(run, alice, search) for search in searches} == dict.fromkeys(searches, [name])
    run(bob, contacts.create_contact, ContactCreate(display_name=f"{name} II", audience="private"))
    assert names(run, alice, searches[0]) == [name] and names(run, bob, searches[0]) == [name, f"{name} II"]


def test_a_short_word_begins_a_word_but_where_two_letters_are_a_name(run, alice):
    run(alice, contacts.create_contact, ContactCreate(display_name="Оксана"))
    assert names(run, alice, "са") == [] and names(run, alice, "сан") == ["Оксана"]
    run(alice, contacts.create_contact, ContactCreate(display_name="東京 太郎"))
    assert names(run, alice, "京") == [] and names(run, alice, "東") == ["東京 太郎"]


@given(word=st.text("aé佐藤ш'\\ \u0301", min_size=1, max_size=6), part=st.data())
def test_grams_never_hide_what_is_written(word, part):
    """Whatever stands in a text has grams that the text has as well."""
    text = f" {word} "
    begin = part.draw(st.integers(0, len(text) - 1))
    piece = text[begin : part.draw(st.integers(begin + 1, len(text)))]
    for token in piece.split(" "):
        whole = {gram for every in text.split(" ") for gram in grams(f" {every}")}
        assert set(grams(token)) <= whole


def test_a_typing_error_is_forgiven_in_every_script(run, alice, database):
    with database.owner.connect() as connection:
        if not connection.execute(text("select cardinality(show_trgm('ш')) > 0")).scalar_one():
            pytest.skip("this server's locale knows no letters beyond ASCII")
    run(alice, contacts.create_contact, ContactCreate(display_name="Оксана Шевчук"))
    assert names(run, alice, "шевчкук") == names(run, alice, "шевчюк") == ["Оксана Шевчук"]


def test_what_a_file_says_is_found_by_who_may_see_it(run, alice, bob, people):
    katherine = people["Katherine Smith"]
    shared, kept = write_document(alice, katherine, "Zehn Sitzungen im Frühjahr", name="Vertrag.txt"), write_document(alice, katherine, "Wedding", audience="private")
    assert names(run, alice, "sitzungen frühj") == names(run, bob, "fruhjahr") == names(run, bob, "vertrag") == ["Katherine Smith"]
    assert names(run, alice, "wedding") == ["Katherine Smith"] and names(run, bob, "wedding") == []
    assert [row.id for row in run(bob, palette.find_anything, "sitzungen").documents] == [shared.id]
    assert [row.id for row in run(alice, palette.find_anything, "wedding").documents] == [kept.id] and not run(bob, palette.find_anything, "wedding").documents
    run(alice, documents.delete_document, shared.id)
    assert names(run, alice, "sitzungen") == [] and not run(bob, palette.find_anything, "sitzungen").documents
