"""A contact's photo: put on, replaced, taken off, undone; whoever may change the contact may change it."""

from __future__ import annotations

from base64 import b64decode
from hashlib import sha256
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from crm_app.domain.changes import service as changes
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, ContactFilter
from crm_app.domain.errors import Conflict, Forbidden, Invalid, NotFound
from crm_app.domain.files import service as files
from crm_app.domain.files.models import Blob
from crm_app.domain.imports.sandbox import bind_sandbox
from crm_app.domain.imports.service import UploadDesk
from crm_app.domain.unit_of_work import unit_of_work
from crm_app.infrastructure.sandbox import ProcessSandbox

PNG = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


def upload(who, content: bytes = b"a face") -> UUID:
    """What a finished upload leaves behind."""
    with unit_of_work(who, "test.upload") as session:
        blob = Blob(owner_id=who.user_id, audience="private", purpose="upload", name="face.png", content_type="image/webp", size=len(content), data=content)
        blob.sha256 = sha256(content).hexdigest()
        session.add(blob)
        session.flush()
        return blob.id


def contact(run, who, **given) -> UUID:
    return run(who, contacts.create_contact, ContactCreate(display_name="Ann Lee", **given)).id


def seen(run, who, content: bytes) -> bool:
    try:
        return run(who, files.get_photo, sha256(content).hexdigest()).data == content
    except NotFound:
        return False


@pytest.mark.parametrize("audience", ["team", "private"])
def test_a_photo_is_seen_by_those_who_see_the_contact(run, alice, bob, audience):
    ann = contact(run, alice, audience=audience)
    view = run(alice, contacts.set_photo, ann, upload(alice))
    assert view.photo_sha == sha256(b"a face").hexdigest()
    assert run(alice, contacts.list_contacts, ContactFilter()).rows[0].photo_sha == view.photo_sha
    assert seen(run, alice, b"a face") and seen(run, bob, b"a face") is (audience == "team")


def test_a_replaced_photo_is_served_no_more_and_comes_back_by_undo(run, outcome, alice):
    ann = contact(run, alice)
    run(alice, contacts.set_photo, ann, upload(alice, b"old"))
    second = outcome(alice, contacts.set_photo, ann, upload(alice, b"new"))
    assert second.value.photo_sha == sha256(b"new").hexdigest()
    assert seen(run, alice, b"new") and not seen(run, alice, b"old")
    undone = outcome(alice, changes.undo_change_set, second.change_set_id)
    assert run(alice, contacts.get_contact, ann).photo_sha == sha256(b"old").hexdigest()
    assert seen(run, alice, b"old") and not seen(run, alice, b"new")
    with pytest.raises(Conflict):  # the new one is gone for good, and that is said
        run(alice, changes.undo_change_set, undone.change_set_id)


def test_taking_a_photo_off_can_be_undone(run, outcome, alice):
    ann = contact(run, alice)
    run(alice, contacts.set_photo, ann, upload(alice))
    gone = outcome(alice, contacts.remove_photo, ann)
    assert gone.value.photo_sha is None and not seen(run, alice, b"a face")
    run(alice, changes.undo_change_set, gone.change_set_id)
    assert run(alice, contacts.get_contact, ann).photo_sha and seen(run, alice, b"a face")
    run(alice, contacts.remove_photo, ann)
    assert outcome(alice, contacts.remove_photo, ann).change_set_id is None


def test_a_colleague_may_change_the_photo_of_a_shared_contact_and_undo_that(run, outcome, alice, bob, database):
    ann = contact(run, alice)
    run(alice, contacts.set_photo, ann, upload(alice, b"old"))
    changed = outcome(bob, contacts.set_photo, ann, upload(bob, b"new"))
    assert seen(run, alice, b"new")
    with database.owner.connect() as connection:
        owners = connection.execute(text("select distinct owner_id, audience from blob where contact_id = :id"), {"id": ann}).all()
    assert owners == [(alice.user_id, "team")]
    run(bob, changes.undo_change_set, changed.change_set_id)
    assert run(alice, contacts.get_contact, ann).photo_sha == sha256(b"old").hexdigest()
    run(bob, contacts.remove_photo, ann)
    assert run(alice, contacts.get_contact, ann).photo_sha is None


def test_the_photo_follows_the_contacts_audience(run, alice, bob):
    ann = contact(run, alice)
    run(alice, contacts.set_photo, ann, upload(alice))
    run(alice, contacts.set_audience, [ann], "private")
    assert not seen(run, bob, b"a face") and seen(run, alice, b"a face")


def test_who_may_not_change_the_contact_changes_nothing(run, alice, bob, vera, snapshot):
    shared, locked, private = contact(run, alice), contact(run, alice, locked=True), contact(run, alice, audience="private")
    for ann in (shared, locked, private):
        run(alice, contacts.set_photo, ann, upload(alice, str(ann).encode()))
    theirs, hers = upload(bob), upload(alice)
    before = snapshot()
    for who, ann, refusal in ((vera, shared, Forbidden), (bob, locked, Forbidden), (bob, private, NotFound), (bob, uuid4(), NotFound), (vera, private, Forbidden)):
        with pytest.raises(refusal):
            run(who, contacts.set_photo, ann, theirs)
        with pytest.raises(refusal):
            run(who, contacts.remove_photo, ann)
    for strange in (hers, uuid4()):  # somebody else's upload, or none at all
        with pytest.raises(NotFound, match="Choose it again"):
            run(bob, contacts.set_photo, shared, strange)
    assert snapshot() == before


def test_a_photo_on_a_contact_is_no_upload(run, alice):
    ann, bee = contact(run, alice), contact(run, alice)
    view = run(alice, contacts.set_photo, ann, upload(alice))
    with pytest.raises(NotFound):
        run(alice, contacts.set_photo, bee, view.photo_id)


def test_an_upload_is_drawn_anew_before_it_is_kept(run, alice):
    ann = contact(run, alice)
    with ProcessSandbox(1) as sandbox:
        bind_sandbox(sandbox)
        view = run(alice, contacts.set_photo, ann, UploadDesk().keep_upload(alice, "photo", "face.png", PNG))
        with pytest.raises(Invalid, match="PNG, JPEG, WebP and GIF"):
            UploadDesk().keep_upload(alice, "photo", "face.png", b"<svg onload=alert(1)>")
    photo = run(alice, files.get_photo, view.photo_sha)
    assert photo.content_type == "image/webp" and photo.data[:4] == b"RIFF"


def test_a_former_photo_goes_when_its_change_can_no_longer_be_undone(run, alice, database):
    ann = contact(run, alice)
    run(alice, contacts.set_photo, ann, upload(alice, b"old"))
    run(alice, contacts.set_photo, ann, upload(alice, b"new"))

    def kept() -> set[bytes]:
        with database.owner.begin() as connection:
            connection.execute(text("select tidy_up()"))
            return set(connection.execute(text("select data from blob where contact_id = :id"), {"id": ann}).scalars())

    assert kept() == {b"old", b"new"}
    with database.owner.begin() as connection:
        connection.execute(text("update change set created_at = now() - interval '31 days'"))
    assert kept() == {b"new"} and seen(run, alice, b"new")
