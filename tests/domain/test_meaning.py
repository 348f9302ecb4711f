"""Finding by meaning: the same walls as everything else has, and nothing stays of what has changed, gone or is not to be read."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from crm_app.ai import embedding
from crm_app.ai.embedding import FakeEmbedder, bind_embedder
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, ContactUpdate, PointInput
from crm_app.domain.documents import service as documents
from crm_app.domain.documents.schemas import DocumentUpdate
from crm_app.domain.errors import Forbidden
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionCreate, InteractionUpdate
from crm_app.domain.mail import service as mails
from crm_app.domain.meaning import queries, reading
from crm_app.domain.meaning import service as meaning
from crm_app.domain.meaning.schemas import Asked, FoundBy, HitKind, ReadText
from crm_app.domain.unit_of_work import anonymous_work, unit_of_work
from tests.documents import write_document
from tests.domain.test_mail_landing import threads
from tests.mailboxes import mail, make_mailbox
from tests.meanings import read_all, switch_on

LIKE = (("sleep", "insomnia", "awake"), ("knee", "joint"))


@pytest.fixture
def fake(database):
    yield switch_on(FakeEmbedder(LIKE))
    bind_embedder(None)


@pytest.fixture
def ana(run, alice):
    return run(alice, contacts.create_contact, ContactCreate(display_name="Ana Silva", points=[PointInput(kind="email", value="ana@mail.example")]))


@pytest.fixture
def note(run, alice, ana):
    """``note(body)``: an entry of alice's about Ana."""

    def write(body, *, actor=None, people=None, **more):
        return run(actor or alice, interactions.log_interaction, InteractionCreate(kind="note", body=body, contact_ids=people or [ana.id], **more))

    return write


def found(who, words, limit=8):
    return [hit.id for hit in embedding.find(who, words, limit)]


def known(database):
    """``(chunks, vectors)``, behind the policies."""
    with database.owner.connect() as connection:
        return tuple(connection.execute(text("select (select count(*) from meaning_chunk), (select count(*) from meaning_vector)")).one())


def consents(run, actor, contact, action):
    """Say on a contact's behalf that it agrees, or no longer does."""
    with unit_of_work(actor, "test.consent") as session:
        wording = session.connection().execute(text("select id from consent_text where purpose = 'ai' limit 1")).scalar()
        session.connection().execute(
            text(
                "insert into consent (id, owner_id, contact_id, purpose, action, text_id, channel, happened_on, evidence) "
                "values (gen_random_uuid(), :me, :who, 'ai', :action, :text, 'email', :day, '')"
            ),
            {"me": actor.user_id, "who": contact.id, "action": action, "text": wording if action == "given" else None, "day": date(2026, 5, 1)},
        )


def test_what_means_the_same_is_found_beside_what_says_the_same(alice, ana, note, fake):
    meant, said = note("Complains of insomnia"), note("Asked about sleep", subject="First call")
    note("Paid the invoice")
    read_all(fake, alice)
    hits = embedding.find(alice, "sleep", 2)
    assert {hit.id: hit.found_by for hit in hits} == {said.id: FoundBy.BOTH, meant.id: FoundBy.MEANING}
    assert hits[0].id == said.id and (hits[0].title, hits[0].said, hits[0].kind_of_entry) == ("First call", "Asked about sleep", "note")
    assert hits[0].contacts == ((ana.id, "Ana Silva"),) and hits[0].kind is HitKind.ENTRY
    assert found(alice, "   ") == [] or all(hit.found_by is FoundBy.MEANING for hit in embedding.find(alice, "   "))


def test_while_it_is_off_words_are_found_and_nothing_is_kept(database, alice, note):
    bind_embedder(None)
    entry = note("Asked about sleep")
    assert [hit.found_by for hit in embedding.find(alice, "sleep")] == [FoundBy.WORDS] and found(alice, "insomnia") == []
    with database.owner.connect() as connection:
        assert connection.execute(text("select count(*) from meaning_source")).scalar() == 0
    fake = switch_on(FakeEmbedder(LIKE))
    assert read_all(fake, alice) == 1 and found(alice, "insomnia") == [entry.id], "what was written before is taken up"
    with anonymous_work() as session:
        queries.follow(session, "", True, b"")
    assert known(database) == (0, 0) and found(alice, "insomnia") == [] and found(alice, "sleep") == [entry.id]


def test_everybody_finds_what_they_see(run, alice, bob, vera, charlie, ana, note, fake):
    shared, hidden = note("Complains of insomnia"), note("Insomnia because of the divorce", audience="private")
    read_all(fake, alice)
    assert set(found(alice, "sleep")) == {shared.id, hidden.id}
    for who in (bob, vera):
        assert found(who, "sleep") == [shared.id] and found(who, "divorce") == [shared.id]
    run(alice, interactions.update_interaction, shared.id, InteractionUpdate(version=shared.version, audience="private"))
    assert found(bob, "sleep") == found(vera, "sleep") == []
    run(alice, contacts.update_contact, ana.id, ContactUpdate(version=ana.version, audience="private"))
    assert found(bob, "sleep") == [] and len(found(alice, "sleep")) == 2


def test_a_contact_that_becomes_private_takes_the_passages_along(run, database, alice, bob, ana, note, fake):
    note("Complains of insomnia")
    read_all(fake, alice)
    run(alice, contacts.update_contact, ana.id, ContactUpdate(version=ana.version, audience="private"))
    with database.owner.connect() as connection:
        seen = connection.execute(text("select s.audience, c.audience, v.audience from meaning_source s, meaning_chunk c, meaning_vector v")).all()
    assert seen == [("private", "private", "private")] and found(bob, "sleep") == []


def test_a_change_is_followed_and_the_old_text_is_found_no_more(run, database, alice, note, fake):
    entry = note("Complains of insomnia")
    read_all(fake, alice)
    changed = run(alice, interactions.update_interaction, entry.id, InteractionUpdate(version=entry.version, body="Her knee hurts"))
    assert known(database) == (0, 0)
    read_all(fake, alice)
    assert [hit.said for hit in embedding.find(alice, "joint")] == ["Her knee hurts"]
    run(alice, interactions.delete_interaction, entry.id)
    assert known(database) == (0, 0) and found(alice, "joint") == []
    run(alice, interactions.restore_interaction, entry.id)
    read_all(fake, alice)
    assert found(alice, "joint") == [entry.id] and changed.id == entry.id


def test_what_the_assistant_may_never_read_is_not_read(run, database, alice, ana, note, fake):
    """Said of the entry, of its contact, or of one contact of several."""
    ben = run(alice, contacts.create_contact, ContactCreate(display_name="Ben Ray"))
    note("Insomnia, but tell nobody", ai_allowed=False)
    entry = note("Complains of insomnia", people=[ana.id, ben.id])
    assert read_all(fake, alice) == 1 and known(database) == (1, 1)
    run(alice, contacts.update_contact, ben.id, ContactUpdate(version=ben.version, ai_allowed=False))
    assert known(database) == (0, 0) and read_all(fake, alice) == 0
    version = run(alice, interactions.get_interaction, entry.id).version
    run(alice, interactions.update_interaction, entry.id, InteractionUpdate(version=version, contact_ids=[ana.id]))
    assert read_all(fake, alice) == 1 and found(alice, "awake") == [entry.id]
    run(alice, contacts.delete_contacts, [ana.id])
    assert known(database) == (0, 0)
    run(alice, contacts.restore_contacts, [ana.id])
    assert read_all(fake, alice) == 1


def test_consent_that_is_withdrawn_takes_everything_away_and_keeps_it_away(run, database, alice, ana, note, fake):
    """On this machine nobody is asked first, since nothing leaves it; but a no is a no."""
    note("Complains of insomnia")
    read_all(fake, alice)
    assert known(database) == (1, 1)
    consents(run, alice, ana, "withdrawn")
    assert known(database) == (0, 0) and read_all(fake, alice) == 0 and found(alice, "sleep") == []


def test_a_model_elsewhere_reads_of_nobody_who_has_not_agreed(run, database, alice, ana, note):
    far = switch_on(FakeEmbedder(LIKE, local=False))
    note("Complains of insomnia")
    assert read_all(far, alice) == 0
    with database.owner.begin() as connection:
        connection.execute(text("update contact set ai_consent = true"))
    assert read_all(far, alice) == 1
    with database.owner.begin() as connection:
        connection.execute(text("update contact set ai_consent = false"))
    assert known(database) == (0, 0) and read_all(far, alice) == 0
    bind_embedder(None)


def test_a_contact_that_is_erased_leaves_no_passage(run, database, alice, ana, note, fake):
    note("Complains of insomnia")
    read_all(fake, alice)
    with database.owner.begin() as connection:
        connection.execute(text("delete from contact"))
    assert known(database) == (0, 0) and found(alice, "sleep") == []


def test_another_model_begins_anew(database, alice, note, fake):
    note("Complains of insomnia")
    read_all(fake, alice)
    with anonymous_work() as session:
        queries.follow(session, "fake", True, b"")
    assert known(database) == (1, 1), "the same one changes nothing"
    with anonymous_work() as session:
        queries.follow(session, "another", True, b"")
    assert known(database) == (0, 0)


def test_what_changed_while_it_was_read_is_read_again(run, database, alice, note, fake):
    entry = note("Complains of insomnia")
    due = run(alice, reading.begin_reading, 50)
    run(alice, interactions.update_interaction, entry.id, InteractionUpdate(version=entry.version, body="Her knee hurts"))
    read = [ReadText(one, tuple(fake.read(alice, one.passages()))) for one in due]
    assert run(alice, reading.keep_meaning, "fake", read) == 0 and known(database) == (0, 0)
    assert run(alice, reading.keep_meaning, "another", read) == 0
    assert read_all(fake, alice) == 1 and found(alice, "joint") == [entry.id]


def test_nobody_keeps_what_is_not_theirs(run, database, alice, bob, vera, note, fake):
    note("Complains of insomnia")
    due = run(alice, reading.begin_reading, 50)
    read = [ReadText(one, tuple(fake.read(alice, one.passages()))) for one in due]
    assert run(bob, reading.begin_reading, 50) == () and run(bob, reading.keep_meaning, "fake", read) == 0
    for service, *given in ((reading.begin_reading, 50), (reading.keep_meaning, "fake", read)):
        with pytest.raises(Forbidden):
            run(vera, service, *given)
    smuggled = text("insert into meaning_chunk (id, owner_id, audience, source_id, signs) values (gen_random_uuid(), :me, 'team', :source, repeat('0', 768)::bit(768))")
    for who in (bob, vera):
        with pytest.raises(DBAPIError), unit_of_work(who, "test") as session:
            session.connection().execute(smuggled, {"me": who.user_id, "source": due[0].source_id})
    assert known(database) == (0, 0)


def test_hits_are_no_more_than_asked_for_and_the_vector_of_another_model_counts_for_nothing(run, alice, note, fake):
    for number in range(5):
        note(f"Insomnia, night {number}")
    read_all(fake, alice)
    assert len(found(alice, "sleep", 3)) == 3 and len(found(alice, "sleep", 500)) == 5
    assert run(alice, meaning.find_by_meaning, Asked("sleep", "another", fake.ask(alice, "sleep"))) == ()


def test_a_long_text_is_found_by_the_passage_that_fits(alice, note, fake):
    entry = note("We spoke about money. " * 60 + "\n\nShe cannot sleep at all, and lies awake. " + "\n\n" + "The dog is well. " * 60)
    read_all(fake, alice)
    (hit,) = embedding.find(alice, "insomnia")
    assert hit.id == entry.id and "cannot sleep" in hit.said


def test_a_mail_is_found_by_its_meaning_by_whoever_reads_its_words(run, database, alice, bob, ana, fake):
    """Not by whom its subject is shown, and no longer once it is the team's no more."""
    box = make_mailbox(alice)
    box.land(mail("Retreat", "ana@mail.example", text="I lie awake every night.\n> how do you sleep?"))
    read_all(fake, alice)
    (hit,) = embedding.find(alice, "insomnia")
    (thread,) = threads(run, alice)
    assert (hit.kind, hit.thread_id, hit.title, hit.contacts) == (HitKind.MAIL, thread.id, "Retreat", ((ana.id, "Ana Silva"),))
    assert hit.said == "I lie awake every night." and hit.found_by is FoundBy.MEANING
    for shown, sees in (("subject", 0), ("full", 1), ("metadata", 0)):
        run(alice, mails.share_thread, thread.id, shown, version=run(alice, mails.get_thread, thread.id).version)
        assert len(embedding.find(bob, "insomnia")) == sees and len(embedding.find(alice, "insomnia")) == 1


def test_a_mail_of_somebody_who_is_never_to_be_read_is_not(run, database, alice, ana, fake):
    make_mailbox(alice).land(mail("Retreat", "ana@mail.example", text="I lie awake every night."))
    read_all(fake, alice)
    assert known(database) == (1, 1)
    consents(run, alice, ana, "withdrawn")
    assert known(database) == (0, 0) and read_all(fake, alice) == 0


def test_a_file_is_found_by_what_it_means_by_whoever_may_see_it_and_may_be_read(run, database, alice, bob, ana, note, fake):
    """Its owner reads it; "never to AI", somebody's no and the trash take its passages away at once, and with undoing they come back."""
    before = write_document(alice, ana.id, "Lies awake at night", name="Intake.txt")
    hidden = write_document(alice, ana.id, "Insomnia since the divorce", name="Private.txt", audience="private")
    assert read_all(fake, alice) == 2
    assert set(found(alice, "sleep")) == {before.id, hidden.id} and found(bob, "sleep") == [before.id]
    hit = embedding.find(bob, "sleep")[0]
    assert (hit.kind, hit.title, hit.said, hit.contacts, hit.entry_id) == (HitKind.DOCUMENT, "Intake.txt", "Lies awake at night", ((ana.id, "Ana Silva"),), None)
    assert embedding.find(bob, "intake")[0].found_by is not FoundBy.MEANING, "its name is a part of it"
    run(alice, documents.update_document, before.id, DocumentUpdate(version=before.version, audience="private"))
    assert found(bob, "sleep") == [] and len(found(alice, "sleep")) == 2, "its passages go along without being read again"
    run(alice, documents.update_document, hidden.id, DocumentUpdate(version=hidden.version, ai_allowed=False))
    assert found(alice, "sleep") == [before.id] and read_all(fake, alice) == 0
    run(alice, documents.delete_document, before.id)
    assert known(database) == (0, 0)
    run(alice, documents.restore_document, before.id)
    assert read_all(fake, alice) == 1 and found(alice, "sleep") == [before.id]
    consents(run, alice, ana, "withdrawn")
    assert known(database) == (0, 0) and read_all(fake, alice) == 0 and found(alice, "sleep") == []


def test_files_from_before_it_was_switched_on_are_taken_up(alice, ana, database):
    bind_embedder(None)
    made = write_document(alice, ana.id, "Lies awake at night")
    write_document(alice, ana.id, "")
    fake = switch_on(FakeEmbedder(LIKE))
    try:
        assert read_all(fake, alice) == 1 and found(alice, "sleep") == [made.id]
    finally:
        bind_embedder(None)
