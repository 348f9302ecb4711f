"""What AI may read of contacts' files: what their reader sees, nobody kept from it, and their contact agrees to; and what goes once it may not."""

from __future__ import annotations

import pytest

from crm_app.domain.consents import service as consents
from crm_app.domain.consents.schemas import ConsentCreate
from crm_app.domain.contacts import bulk
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, ContactUpdate
from crm_app.domain.disclosure import service as disclosure
from crm_app.domain.disclosure.schemas import LONGEST_SOURCE, DossierWish, Ref, SourceFilter, SourceKind
from crm_app.domain.documents import service as documents
from crm_app.domain.documents.schemas import DocumentUpdate
from crm_app.domain.errors import NotFound
from crm_app.domain.suggestions import service as suggestions
from crm_app.domain.suggestions.schemas import ProposalCreate, SourceRef
from tests.documents import write_document
from tests.domain.test_analyses import keep, of, read

FILES = SourceFilter(kinds=frozenset({SourceKind.DOCUMENT}))


@pytest.fixture
def person(run):
    """``person(actor, name)``: the id of a new contact that agrees to AI unless told."""

    def make(actor, name="Ann Lee", agrees=True, **more):
        key = run(actor, contacts.create_contact, ContactCreate(display_name=name, **more)).id
        if agrees:
            run(actor, consents.record_consents, ConsentCreate(contact_ids=[key], purposes=["ai"]))
        return key

    return make


def change(run, actor, key, **given):
    run(actor, documents.update_document, key, DocumentUpdate(version=run(actor, documents.get_document, key).version, **given))


def test_a_file_is_found_by_its_words_and_told_from_where_they_stand(run, alice, person):
    ann, ben = person(alice), person(alice, "Ben Ray")
    long = write_document(alice, ann, "Of the weather. " * 1_000 + "She has an allergy\nto (nuts) since May. " + "Of the sea. " * 1_000, name="anamnesis.pdf")
    write_document(alice, ben, "An allergy too", name="ben.txt")
    [found] = run(alice, disclosure.find_sources, FILES.model_copy(update={"words": "ALLERGY nuts", "contact_ids": (ann,)}))
    assert (found.kind, found.id, found.title, found.what, found.contact_ids) == (SourceKind.DOCUMENT, long.id, "anamnesis.pdf", "file", {ann})
    assert "She has an allergy\nto (nuts) since May." in found.text[:400] and found.text.startswith("Letters 15") and found.cut and len(found.text) <= LONGEST_SOURCE
    assert len(run(alice, disclosure.find_sources, FILES)) == 2 and run(alice, disclosure.find_sources, FILES.model_copy(update={"words": "-"})) == ()
    assert "allergy\nto (nuts)" in run(alice, disclosure.get_document_part, long.id, near="allergy to (nuts) since…").text
    first, second = (run(alice, disclosure.get_document_part, long.id, part=part).text.partition(":\n")[2] for part in (1, 2))
    assert long.text.startswith(first + second) and len(second) == 3_600
    assert "no such part" in run(alice, disclosure.get_document_part, long.id, part=99).text
    assert "No words could be read" in run(alice, disclosure.get_document_part, write_document(alice, ann, "").id).text


def test_a_dossier_says_how_the_latest_files_begin_and_leaves_room_for_the_rest(run, alice, person):
    ann = person(alice)
    for number in range(7):
        write_document(alice, ann, f"number {number} " + "x" * 9_000)
    dossier = run(alice, disclosure.get_dossier, ann, DossierWish(most_characters=8_000))
    begun = [source.text.partition(":\n")[2][:8] for source in dossier.sources]
    assert begun == [f"number {number}" for number in (6, 5, 4, 3, 2)] and dossier.more
    assert all(len(source.text) == 400 and source.cut for source in dossier.sources)
    assert run(alice, disclosure.get_dossier, ann, DossierWish(kinds=frozenset({SourceKind.ENTRY}))).sources == ()


@pytest.mark.parametrize("kept", ["never to AI", "the contact never to AI", "no consent", "a colleague's own", "deleted", "the contact deleted"])
def test_llm_09_az_04_what_may_not_be_read_is_not_there(run, alice, bob, person, kept):
    ann = person(alice, agrees=kept != "no consent")
    made = write_document(bob if kept == "a colleague's own" else alice, ann, "CANARY", audience="private" if kept == "a colleague's own" else "team")
    if kept == "never to AI":
        change(run, alice, made.id, ai_allowed=False)
    elif kept == "the contact never to AI":
        run(alice, contacts.update_contact, ann, ContactUpdate(version=run(alice, contacts.get_contact, ann).version, ai_allowed=False))
    elif kept == "deleted":
        run(alice, documents.delete_document, made.id)
    elif kept == "the contact deleted":
        run(alice, bulk.delete_contacts, [ann])
    assert run(alice, disclosure.find_sources, FILES) == () == run(alice, disclosure.find_sources, FILES.model_copy(update={"words": "canary"}))
    assert run(alice, disclosure.get_sources, [Ref(SourceKind.DOCUMENT, made.id)]) == {}
    with pytest.raises(NotFound):
        run(alice, disclosure.get_document_part, made.id)
    if ann in run(alice, disclosure.readable_ids, [ann]):
        assert run(alice, disclosure.get_dossier, ann).sources == ()


@pytest.mark.parametrize("gone", ["never to AI", "deleted", "kept to oneself"])
def test_what_was_drawn_from_a_file_goes_once_it_may_not_be_read(run, alice, bob, person, gone):
    ann = person(alice)
    made = write_document(alice, ann, "Sleeps badly")
    for who in (alice, bob):
        keep(run, who, of(ann, known=[made.id]))
    source = SourceRef(kind="document", id=made.id)
    view = run(alice, suggestions.propose, ProposalCreate(kind="create_task", payload={"title": "Call"}, sources=[source]))
    assert [(one.title, one.link) for one in view.sources] == [("notes.txt", f"/contacts/{ann}?kind=files")]
    if gone == "deleted":
        run(alice, documents.delete_document, made.id)
    else:
        change(run, alice, made.id, **({"ai_allowed": False} if gone == "never to AI" else {"audience": "private"}))
    assert read(run, bob, ann) is None and (read(run, alice, ann) is None) is (gone != "kept to oneself")
    assert run(alice, suggestions.get_suggestion, view.id).state == ("withdrawn" if gone == "never to AI" else "pending")
    later = run(alice, suggestions.propose, ProposalCreate(kind="create_task", payload={"title": "Write"}, sources=[source])) if gone == "never to AI" else None
    assert later is None or later.state == "withdrawn", "nothing begins to wait because of it"


def test_whoever_takes_back_consent_takes_along_what_a_file_of_theirs_led_to(run, alice, person):
    ann = person(alice)
    source = SourceRef(kind="document", id=write_document(alice, ann, "Sleeps badly").id)
    view = run(alice, suggestions.propose, ProposalCreate(kind="create_task", payload={"title": "Buy tea"}, sources=[source]))
    run(alice, consents.record_consents, ConsentCreate(contact_ids=[ann], purposes=["ai"], action="withdrawn"))
    assert run(alice, suggestions.get_suggestion, view.id).state == "withdrawn"
