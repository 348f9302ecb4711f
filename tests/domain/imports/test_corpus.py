"""Every file of the corpus comes in whole, or is refused with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_app.domain.imports.cards import ContactCard, Problem
from crm_app.domain.imports.reader import Parsed, read_file
from crm_app.domain.imports.recognise import NotContacts
from tests.domain.imports.conftest import CORPUS


def _read(sandbox, path: Path, region: str = "US") -> tuple[Parsed, list[ContactCard], list[Problem]]:
    parsed = read_file(sandbox, path.name, path.read_bytes(), region=region)
    cards = list(parsed.cards)
    return parsed, cards, parsed.problems


def _values(card: ContactCard, kind: str) -> list[tuple[str, str]]:
    return [(point.label, point.value) for point in card.points if point.kind == kind]


@pytest.mark.parametrize(
    ("name", "source", "count"),
    [
        ("csv/google-contacts.csv", "google", 43),
        ("csv/google-contacts-2015.csv", "google-2015", 12),
        ("csv/outlook.csv", "outlook", 25),
        ("csv/linkedin-connections.csv", "linkedin", 15),
        ("csv/semicolon-cp1252.csv", "table", 2),
        ("csv/tuesday_class_attendance_2026-11-17.csv", "table", 5),
        ("vcard/android.vcf", "vcard", 6),
        ("vcard/evolution.vcf", "vcard", 1),
        ("vcard/gmail-single.vcf", "vcard", 1),
        ("vcard/gmail-single2.vcf", "vcard", 1),
        ("vcard/gmail.vcf", "vcard", 1),
        ("vcard/iphone.vcf", "vcard", 1),
        ("vcard/ms-outlook.vcf", "vcard", 1),
        ("vcard/outlook-2007.vcf", "vcard", 1),
        ("vcard/rfc2426-example.vcf", "vcard", 2),
        ("vcard/rfc6350-example.vcf", "vcard", 1),
    ],
)
def test_every_contact_file_comes_in_whole(sandbox, name, source, count):
    parsed, cards, problems = _read(sandbox, CORPUS / name)
    assert (parsed.source, len(cards)) == (source, count)
    assert all(card.display_name for card in cards)
    assert not any(problem.lost for problem in problems)
    if name != "vcard/android.vcf":
        assert problems == []


def test_google_today(sandbox):
    _, cards, _ = _read(sandbox, CORPUS / "csv/google-contacts.csv")
    names = [card.display_name for card in cards]
    assert {"Олена Costa", "美咲 Demir", "Leilani 佐藤", "Priya Nguyễn", "Giulia Шевченко", "Uma Okafor"} <= set(names)
    first = cards[0]
    assert first.company == "Still Waters Studio, Ltd." and first.job_title == "Owner"
    assert first.notes == "Prefers mornings.\nAllergic to lavender; ask before using oils."
    assert first.birthday and first.birthday.iso() == "1990-12-31"
    assert first.tags == ("Yoga",) and first.extra == {"Dosha": "pitta"}
    assert _values(first, "email") == [("home", "costa0@example.org"), ("home", "second0@example.net")]
    assert cards[1].line == 4  # the first record spans two lines
    assert _values(cards[1], "phone") == [("mobile", "+44 7700 900001")]
    assert cards[1].points[1].value_norm == "+447700900001"
    assert cards[3].tags == ("Yoga", "Clients")
    assert next(card for card in cards if card.display_name == "Žofia Kahale").birthday.iso() == "--07-04"
    nameless, formula, hall = cards[40:]
    assert nameless.display_name == "no-name@example.org"
    assert formula.given_name == '=HYPERLINK("http://evil.example","x")' and formula.family_name == "+cmd|' /C calc'!A0"
    assert hall.display_name == hall.company == "Community Hall"


def test_google_2015_collapses_one_number_written_twice(sandbox):
    _, cards, _ = _read(sandbox, CORPUS / "csv/google-contacts-2015.csv")
    assert cards[0].display_name == "Žofia Pérez"
    assert _values(cards[0], "phone") == [("mobile", "(415) 555-0000")]
    assert cards[0].tags == () and cards[1].tags == ("Retreat 2025",)


def test_two_spellings_of_a_number_collapse_without_a_region_too(sandbox):
    _, cards, _ = _read(sandbox, CORPUS / "csv/google-contacts-2015.csv", region="")
    assert _values(cards[0], "phone") == [("mobile", "(415) 555-0000")]
    assert cards[0].points[1].value_norm == ""


def test_outlook(sandbox):
    parsed, cards, _ = _read(sandbox, CORPUS / "csv/outlook.csv", region="GB")
    assert parsed.mapping and parsed.mapping.encoding == "utf-8-sig" and parsed.mapping.date_order == "mdy"
    assert cards[0].birthday.iso() == "1985-03-15" and cards[1].birthday is None
    assert cards[0].tags == ("Coaching", "VIP") and cards[0].notes == "Referred by the clinic"
    assert cards[0].points[1].value_norm == "+447700900000"


def test_linkedin_skips_its_preamble(sandbox):
    parsed, cards, _ = _read(sandbox, CORPUS / "csv/linkedin-connections.csv")
    assert parsed.mapping and parsed.mapping.first_line == 4
    assert cards[0].company == "Acme, Inc." and cards[0].job_title == "Coach"
    assert _values(cards[0], "social") == [("LinkedIn", "https://www.linkedin.com/in/person-0")]
    assert cards[0].extra == {"Connected On": "01 Mar 2024"}
    assert cards[-1].display_name == "Łukasz Berg"


def test_semicolons_and_western_windows(sandbox):
    parsed, cards, _ = _read(sandbox, CORPUS / "csv/semicolon-cp1252.csv", region="DE")
    assert parsed.mapping and (parsed.mapping.encoding, parsed.mapping.delimiter) == ("cp1252", ";")
    assert cards[0].display_name == "Jürgen Groß" and cards[0].notes == "Mittwochs; abends"
    assert cards[0].points[1].value_norm == "+4930901820"
    assert cards[1].display_name == "Renée Dubois" and cards[1].notes == 'dit "bonjour"'


def test_a_list_of_attendance_is_a_list_of_names(sandbox):
    _, cards, _ = _read(sandbox, CORPUS / "csv/tuesday_class_attendance_2026-11-17.csv")
    assert [card.display_name for card in cards] == ["Amira Khan", "Zoë Müller", "Jose Garcia-Marquez", "Unknown Walk-in", "Amira khan"]
    assert cards[0].extra == {"Checked in": "09:02"}


def test_iphone_with_its_picture(sandbox):
    _, (card,), _ = _read(sandbox, CORPUS / "vcard/iphone.vcf")
    assert (card.given_name, card.middle_name, card.family_name) == ("John", "Richter James", "Doe")
    assert (card.name_prefix, card.name_suffix, card.nickname, card.company) == ("Mr.", "Sr.", "Johny", "IBM")
    assert [label for label, _ in _values(card, "phone")] == ["mobile", "home", "work", "home fax", "work fax", "pager", "assistant phone"]
    assert (card.street, card.city, card.country) == ("Silicon Alley 5", "New York", "United States of America")
    assert card.extra == {"Department": "Accounting", "Address (work)": "Street4\nBuilding 6\nFloor 8\nNew York\n12345\nUSA"}
    assert card.birthday.iso() == "2012-06-06"
    assert card.photo.content_type == "image/webp" and card.photo.data[:4] == b"RIFF" and len(card.photo.data) > 5_000


def test_outlook_vcards_have_pictures_in_their_own_spelling(sandbox):
    for name in ("ms-outlook.vcf", "outlook-2007.vcf"):
        _, (card,), _ = _read(sandbox, CORPUS / "vcard" / name)
        assert card.photo.content_type == "image/webp"
        assert card.extra["Manager"] and card.extra["Assistant"]
        assert _values(card, "social")[0][0] == "Messenger"


def test_android_quoted_printable_and_a_broken_picture(sandbox):
    _, cards, problems = _read(sandbox, CORPUS / "vcard/android.vcf")
    assert cards[3].family_name == " ".join("Ñ" * 11)
    assert cards[3].notes.count("\n\n") == 0 and cards[3].notes.startswith("Ñ Ñ Ñ")
    assert cards[4].photo is None and cards[4].extra["E-mail"] == "Ñ" * 14
    assert [problem.line for problem in problems] == [36, 36]
    assert "picture" in problems[1].reason and "e-mail" in problems[0].reason


def test_rfc_6350(sandbox):
    _, (card,), _ = _read(sandbox, CORPUS / "vcard/rfc6350-example.vcf")
    assert card.birthday.iso() == "--02-03" and card.language == "fr" and card.extra["Language"] == "en"
    assert _values(card, "phone") == [("work", "+1-418-656-9254 ext. 102"), ("mobile", "+1-418-262-6501")]
    assert card.points[1].value_norm == "+14186569254;ext=102"
    assert (card.city, card.region, card.postal_code) == ("Quebec", "QC", "G1V 2M2")


def test_evolution_and_gmail_keep_what_has_no_field(sandbox):
    _, (card,), _ = _read(sandbox, CORPUS / "vcard/evolution.vcf")
    assert card.external_id == "477343c8e6bf375a9bac1f96a5000837" and card.tags == ("VIP",)
    assert card.extra["Spouse"] == "Maria" and card.extra["Department 2"] == "Dungeon"
    assert card.notes.endswith("POSSIBILITY OF SUCH DAMAGE.")
    _, (card,), _ = _read(sandbox, CORPUS / "vcard/gmail-single2.vcf")
    assert len(_values(card, "phone")) == 11 and len(_values(card, "email")) == 5 and len(_values(card, "website")) == 6
    assert [label for label, _ in _values(card, "social")] == ["Google Talk", "AIM", "Yahoo", "Skype", "QQ", "MSN", "ICQ", "Jabber"]
    assert card.extra["Spouse"] == "Name2" and card.extra["CustomRelationCategory"] == "Name16"
    assert sum(key.startswith("Address") for key in card.extra) == 4


@pytest.mark.parametrize("path", sorted((CORPUS / "ical").glob("*.ics")), ids=lambda path: path.name)
def test_calendars_are_refused_with_a_sentence(sandbox, path):
    with pytest.raises(NotContacts, match="calendar"):
        read_file(sandbox, path.name, path.read_bytes())


@pytest.mark.parametrize("path", sorted((CORPUS / "email").glob("*.eml")), ids=lambda path: path.name)
def test_mails_are_refused_with_a_sentence(sandbox, path):
    with pytest.raises(NotContacts, match="e-mail message"):
        read_file(sandbox, path.name, path.read_bytes())
