"""The demo's accounts: they are read like real ones, nothing in them is sent twice, and what is written into them is remembered."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from types import SimpleNamespace
from uuid import UUID

import pytest
from pydantic import SecretStr

from crm_app.domain.actor import Actor
from crm_app.domain.calendar.models import MeetingType, Response
from crm_app.domain.calendar.reading import Window, read_items
from crm_app.domain.connections.rules import hue_of
from crm_app.domain.connections.source import Changed, SignInNeeded
from crm_app.domain.documents.reading import read
from crm_app.domain.drives import rules
from crm_app.domain.drives.source import SHARED, SHARED_DRIVES
from crm_app.domain.mail.attachments import kind_of
from crm_app.domain.mail.reading import MailRefused, read_mails
from crm_app.domain.permissions import Role
from crm_app.infrastructure.sandbox import ProcessSandbox
from crm_app.jobs import sources
from crm_app.providers.invented import HOST, MAIL_HOST, InventedCalendars, InventedDrive, Memory, invented_mail, mail_address
from tests.providers.keeping import Kept

ANYBODY = Actor(user_id=UUID(int=1), role=Role.MEMBER)
TODAY = date(2026, 11, 26)


def test_its_calendars_have_five_colours():
    found = InventedCalendars(TODAY).list_calendars()
    assert [hue_of(calendar.colour) for calendar in found] == ["teal", "sky", "amber", "plum", "slate"]


def test_everything_in_it_is_read_like_anybodys_mail(sandbox: ProcessSandbox):
    source, events = InventedCalendars(TODAY), []
    for calendar in source.list_calendars():
        for page in source.list_changes(calendar.ref, "", {}):
            window = Window(TODAY - timedelta(days=30), TODAY + timedelta(days=60), TODAY)
            events += [event for read in read_items([item.content for item in page.items], window=window, zone="Europe/Lisbon") for event in read.events]
    assert len(events) >= 100
    assert {event.meeting_type for event in events} >= {MeetingType.IN_PERSON, MeetingType.VIDEO, MeetingType.PHONE}
    assert {who.response for event in events for who in event.attendees} >= {Response.ACCEPTED, Response.WAITING, Response.DECLINED}
    assert any(event.all_day for event in events)
    assert {event.starts_at.hour for event in events if event.title == "Supervision"} == {11}, "where the practitioner is"


def test_a_week_later_another_week_comes_and_none_goes():
    kept = Kept().look(InventedCalendars(TODAY), "sessions")
    first = len(kept.items)
    assert kept.look(InventedCalendars(TODAY), "sessions").sent == 0
    kept.look(InventedCalendars(TODAY + timedelta(days=7)), "sessions")
    assert 0 < kept.sent < first and len(kept.items) == first + kept.sent


@pytest.mark.parametrize(("name", "address"), [("Zofia Żeleńska", "zofia.zelenska@mail.example"), ("Dr. Ana Ruiz", "ana.ruiz@mail.example"), ("佐藤 美咲", "person5@mail.example")])
def test_people_have_the_address_of_their_name(name: str, address: str):
    assert mail_address(name) == address


def test_nobody_is_asked_for_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sources._Binding, "factories", {})
    plan = type("P", (), {"url": f"https://{HOST}/", "username": "", "password": SecretStr(""), "inner_allowed": False, "kind": "caldav", "fault": ""})()
    assert isinstance(sources.open_source(plan, Actor(UUID(int=1), Role.MEMBER)), InventedCalendars)


BEGUN = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)


def looked_into(source, token=""):
    """Every head of a mailbox by folder, and with what to ask next."""
    found, tokens = {}, {}
    for folder in source.list_folders():
        pages = list(source.list_changes(folder.ref, token and token[folder.ref], date(2026, 10, 1)))
        found[folder.ref] = [head for page in pages for head in page.heads]
        tokens[folder.ref] = pages[-1].token if pages else token[folder.ref]
    return found, tokens


def test_its_mailbox_is_read_like_anybodys(sandbox: ProcessSandbox):
    source = invented_mail(BEGUN.isoformat(), BEGUN)
    found, _tokens = looked_into(source)
    assert {ref: len(heads) for ref, heads in found.items()} == {"INBOX": 24, "Sent": 10}
    contents = [content for ref, heads in found.items() for _uid, content in source.fetch(ref, [head.uid for head in heads])]
    reads = read_mails(contents, sandbox=sandbox)
    assert not any(isinstance(read, MailRefused) for read in reads) and all(read.sent_at <= BEGUN and read.text for read in reads)
    files = {file.name: (file.kind, file.size) for read in reads for file in read.attachments if not file.inline}
    (drawn,) = [(read.html, file) for read in reads for file in read.attachments if file.inline]
    assert f'src="cid:{drawn[1].content_id}"' in drawn[0] and drawn[1].kind == "image/png"
    assert len(files) == 6 and all(size > 0.9 * asked for size, asked in ((files["intake-form.pdf"][1], 84_200), (files["floor-plan.png"][1], 310_000)))
    kinds = {kind_of(attachment(content)) for content in contents if b"attachment" in content}
    assert kinds == {"application/pdf", "image/png"}, "they are what they say they are, and open"
    assert len({read.message_id for read in reads}) == len(reads) and any("<table" in read.html for read in reads)


def attachment(content: bytes) -> bytes:
    return next(part.get_payload(decode=True) for part in message_from_bytes(content).walk() if part.get_content_disposition() == "attachment")


def test_its_mailbox_is_the_same_at_each_look_and_lives_on():
    _found, tokens = looked_into(invented_mail(BEGUN.isoformat(), BEGUN))
    again, _tokens = looked_into(invented_mail(BEGUN.isoformat(), BEGUN + timedelta(minutes=5)), tokens)
    assert not any(again.values()), "nothing comes twice"
    later, tokens = looked_into(invented_mail(BEGUN.isoformat(), BEGUN + timedelta(days=1, hours=4)), tokens)
    assert [len(heads) for heads in later.values()] == [2, 0]
    assert looked_into(invented_mail("nonsense"))[0]["INBOX"], "whatever its password says"


def test_a_mailbox_at_its_host_is_the_invented_one(monkeypatch: pytest.MonkeyPatch):
    plan = SimpleNamespace(fault="", url=f"imaps://{MAIL_HOST}", password=SecretStr(BEGUN.isoformat()), inner_allowed=False, kind="imap", username="mara")
    assert [folder.role for folder in sources.open_mailbox(plan, ANYBODY).list_folders()] == ["inbox", "sent"]
    plan.fault = "Sign in again."
    with pytest.raises(SignInNeeded):
        sources.open_mailbox(plan, ANYBODY)


def test_what_is_written_into_them_stands_there_as_long_as_the_demo_does(tmp_path):
    """Also after a restart, in other weeks, and when everything is looked at; what is taken out stays away."""
    file = tmp_path / "demo.json"
    kept = Kept().look(InventedCalendars(TODAY), "sessions")
    gone, moved = sorted(kept.items)[:2]
    account = InventedCalendars(TODAY, Memory(file))
    new = account.name_new("sessions", "key@mindfulcrm")
    for ref, content in ((moved, b"SUMMARY:Moved\r\n"), (new, b"SUMMARY:New\r\n")):
        account.write("sessions", ref, kept.items[ref][0] if ref in kept.items else "", content)
    account.erase("sessions", gone, kept.items[gone][0])
    for ref, etag in ((moved, "old"), (new, ""), (gone, "old")):
        with pytest.raises(Changed):
            account.write("sessions", ref, etag, b"x")
    for later in (TODAY, TODAY + timedelta(days=7)):
        again = InventedCalendars(later, Memory(file))
        kept.look(again, "sessions", whole=True)
        assert gone not in kept.items and {kept.items[ref][1] for ref in (moved, new)} == {b"SUMMARY:Moved\r\n", b"SUMMARY:New\r\n"}
        assert kept.look(again, "sessions").sent == 0 and again.fetch("sessions", gone) is None
    assert Kept().look(InventedCalendars(TODAY, Memory(file)), "calls").gone == 0


def test_its_drive_holds_documents_that_are_read_like_anybodys_and_never_changes(sandbox: ProcessSandbox):
    drive = InventedDrive()
    clients, *_rest = [one for one in drive.list_files("").files if one.is_folder]
    amara = next(one for one in drive.list_files(clients.ref).files if one.name == "Amara Okafor")
    files = [file for place in (amara.ref, *(one.ref for one in drive.list_files(amara.ref).files if one.is_folder)) for file in drive.list_files(place).files]
    assert [rules.refusal(file)[:20] for file in files if rules.refusal(file)] == ["It is a folder. Open", "A shortcut. Choose w", "A Google spreadsheet"]
    assert [rules.leads_to_file(file) and drive.find_file(file.target) is not None for file in files if file.target] == [True]
    assert [one.name for place in drive.list_files(SHARED_DRIVES).files for one in drive.list_files(place.ref, drive=place.drive).files] == ["Terms of the practice.docx"]
    taken = [(kind, file) for file in files if (kind := rules.kind_of(file)) and not rules.refusal(file)]
    assert len(taken) == 3 and all(len(read(kind, drive.fetch(file)).text) > 40 for kind, file in taken)
    assert [one.name for one in drive.list_files("", words="breath").files] == ["Box breathing", "Box breathing, step by step.docx"] and drive.list_files(SHARED).files == ()
    assert [(page.files, page.token) for page in drive.list_changes(drive.get_place())] == [((), drive.get_place())] and drive.find_file("elsewhere") is None
