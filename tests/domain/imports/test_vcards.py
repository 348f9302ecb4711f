"""vCards as programs write them, and as nobody should."""

from __future__ import annotations

import base64
import quopri

import pytest

from crm_app.domain.imports.cards import ContactCard, Problem
from crm_app.domain.imports.content_lines import RawCard, split_cards
from crm_app.domain.imports.reader import MAX_CARDS, read_file
from crm_app.domain.imports.recognise import NotContacts


def read(sandbox, text: str | bytes, region: str = "US") -> tuple[list[ContactCard], list[Problem]]:
    parsed = read_file(sandbox, "x.vcf", text if isinstance(text, bytes) else text.encode(), region=region)
    return list(parsed.cards), parsed.problems


def one(inline, *lines: str, version: str = "3.0") -> ContactCard:
    (card,), _ = read(inline, "\r\n".join(("BEGIN:VCARD", f"VERSION:{version}", "FN:A", *lines, "END:VCARD")))
    return card


def test_a_broken_card_costs_nobody_else(inline):
    cards, problems = read(inline, "BEGIN:VCARD\nFN:One\nEND:VCARD\nBEGIN:VCARD\nEND:VCARD\nrubbish\nBEGIN:VCARD\nFN:Two\nnonsense\nEND:VCARD\n")
    assert [(card.line, card.display_name) for card in cards] == [(1, "One"), (7, "Two")]
    assert [(problem.line, problem.lost) for problem in problems] == [(6, False), (4, True), (7, False)]
    assert "empty" in problems[1].reason and "nonsense" in problems[2].reason


def test_a_card_without_end_is_taken_and_reported(inline):
    cards, problems = read(inline, "BEGIN:VCARD\nFN:One\nBEGIN:VCARD\nFN:Two\n")
    assert [card.display_name for card in cards] == ["One", "Two"]
    assert [problem.line for problem in problems] == [1, 3] and all("END:VCARD" in problem.reason for problem in problems)


def test_a_card_with_nothing_to_know_a_person_by_is_reported(inline):
    cards, problems = read(inline, "BEGIN:VCARD\nNOTE:who is this\nEND:VCARD\n")
    assert cards == [] and problems[0].lost and "no name" in problems[0].reason


def test_a_card_inside_a_card_is_not_a_contact_of_its_own(inline):
    cards, _ = read(inline, "BEGIN:VCARD\nVERSION:2.1\nFN:Boss\nAGENT:\nBEGIN:VCARD\nFN:Secretary\nEND:VCARD\nTEL:+1 415 676 9515\nEND:VCARD\n")
    assert [card.display_name for card in cards] == ["Boss"] and cards[0].points[0].value == "+1 415 676 9515"


def test_folding_joins_without_the_first_blank_only(inline):
    assert one(inline, "NOTE:long", "  line", "\tgoes on").notes == "long linegoes on"


def test_escapes(inline):
    card = one(inline, r"NOTE:a\, b\; c\\n\nd\:e", r"CATEGORIES:Yoga\, early,Clients", "NICKNAME:Joe,Jo")
    assert card.notes == "a, b; c\\n\nd:e" and card.tags == ("Yoga, early", "Clients") and card.nickname == "Joe, Jo"


def test_a_windows_path_in_version_2_1_stays(inline):
    assert one(inline, r"NOTE:C:\new\;x", version="2.1").notes == "C:\\new;x"


@pytest.mark.parametrize("charset", ["UTF-8", "ISO-8859-1", "WINDOWS-1252"])
def test_quoted_printable_in_its_charset(inline, charset):
    coded = quopri.encodestring("Jürgen Groß; Büro".encode(charset)).decode().replace("\n", "")
    assert one(inline, f"NOTE;CHARSET={charset};ENCODING=QUOTED-PRINTABLE:{coded}", version="2.1").notes == "Jürgen Groß; Büro"


def test_an_unknown_charset_is_not_handed_to_pythons_codecs(inline):
    for charset in ("zlib", "base64", "rot13", "idna", "unicode_escape", "punycode"):
        assert one(inline, f"NOTE;CHARSET={charset}:caf\\, x").notes == "caf, x"


def test_a_file_in_western_windows_or_utf_16(inline):
    card = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Jürgen Groß\r\nEND:VCARD\r\n"
    for encoding in ("cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"):
        cards, _ = read(inline, card.encode(encoding))
        assert [card.display_name for card in cards] == ["Jürgen Groß"], encoding


def test_groups_labels_and_primary(inline):
    card = one(
        inline, "EMAIL;TYPE=HOME:a@example.org", "EMAIL;TYPE=WORK,PREF:b@example.org", "item1.TEL:+1 415 676 9515", "item1.X-ABLabel:Studio",
        "item2.URL:example.org", "item2.X-ABLabel:_$!<HomePage>!$_", 'TEL;TYPE="work,fax":+1 415 676 9516',
    )  # fmt: skip
    assert [(point.label, point.value, point.is_primary) for point in card.points] == [
        ("work", "b@example.org", True), ("home", "a@example.org", False), ("Studio", "+1 415 676 9515", True),
        ("work fax", "+1 415 676 9516", False), ("home page", "example.org", True),
    ]  # fmt: skip


def test_profiles(inline):
    card = one(inline, "X-SOCIALPROFILE;type=twitter:https://twitter.com/amira", "IMPP;X-SERVICE-TYPE=Skype:skype:amira", "X-TELEGRAM:@amira")
    assert [(point.label, point.value) for point in card.points] == [("twitter", "https://twitter.com/amira"), ("Skype", "amira"), ("Telegram", "@amira")]


def test_birthdays(inline):
    assert one(inline, "BDAY;X-APPLE-OMIT-YEAR=1604:1604-03-15").birthday.iso() == "--03-15"
    assert one(inline, "BDAY;VALUE=date-and-or-time:19850315T103000Z").birthday.iso() == "1985-03-15"
    card = one(inline, "BDAY:some spring")
    assert card.birthday is None and card.extra == {"Birthday": "some spring"}


def test_pictures_in_every_spelling(inline, picture):
    coded = base64.b64encode(picture(20, 20)).decode()
    spellings = [
        ("2.1", f"PHOTO;ENCODING=BASE64;TYPE=PNG:{coded}"), ("2.1", f"PHOTO;PNG;BASE64:\r\n {coded}\r\n"), ("3.0", f"PHOTO;ENCODING=b;TYPE=png:{coded}"),
        ("3.0", f"PHOTO;ENCODING=B;TYPE=image/png:{coded}"), ("4.0", f"PHOTO:data:image/png;base64,{coded}"), ("3.0", f"PHOTO;VALUE=uri:data:image/png;base64\\,{coded}"),
    ]  # fmt: skip
    for version, line in spellings:
        card = one(inline, line, version=version)
        assert card.photo is not None and card.photo.content_type == "image/webp", line[:40]


def test_a_picture_on_the_web_is_kept_as_text_and_not_fetched(inline):
    card = one(inline, "PHOTO;VALUE=uri:http://127.0.0.1:9/secret.png")
    assert card.photo is None and card.extra == {"Photo": "http://127.0.0.1:9/secret.png"}


def test_a_damaged_picture_and_a_logo_are_reported(inline, picture):
    coded = base64.b64encode(picture()).decode()
    cards, problems = read(inline, f"BEGIN:VCARD\nFN:A\nPHOTO;ENCODING=b:@@@@\nLOGO;ENCODING=b:{coded}\nEND:VCARD")
    assert cards[0].photo is None and len(problems) == 2 and not any(problem.lost for problem in problems)


def test_a_script_is_no_web_address(inline):
    card = one(inline, "URL:javascript:alert(1)")
    assert card.points == () and card.extra == {"Website": "javascript:alert(1)"}


def test_values_that_are_too_long_are_cut_and_kept_whole(inline):
    cards, problems = read(inline, f"BEGIN:VCARD\nFN:A\nTITLE:{'x' * 300}\nEND:VCARD")
    assert cards[0].job_title == "x" * 240 and cards[0].extra["Job title (whole)"] == "x" * 300
    assert "240" in problems[0].reason


def test_more_cards_than_may_be(inline):
    with pytest.raises(NotContacts, match="10,000"):
        read_file(inline, "x.vcf", b"BEGIN:VCARD\nFN:A\nEND:VCARD\n" * (MAX_CARDS + 1))


def test_a_large_picture_fits(sandbox, picture):
    """Three megabytes of picture cost another reader 435 MB; the child has 512 in all and two seconds."""
    import os

    noisy = picture(1200, 900, "PNG") + os.urandom(3_000_000)
    cards, problems = read(sandbox, b"BEGIN:VCARD\nFN:A\nPHOTO;ENCODING=b;TYPE=PNG:" + base64.b64encode(noisy) + b"\nEND:VCARD\n")
    assert cards[0].photo is not None and problems == []
    nearly = picture(100, 100, "PNG") + os.urandom(10_300_000)
    cards, problems = read(sandbox, b"BEGIN:VCARD\nFN:A\nPHOTO;ENCODING=b;TYPE=PNG:" + base64.b64encode(nearly) + b"\nEND:VCARD\n")
    assert cards[0].photo is not None and problems == []


def test_line_ends_of_every_kind_count_as_one_line():
    for end in (b"\n", b"\r\n", b"\r", b"\r\r\n"):
        data = end.join([b"BEGIN:VCARD", b"FN:A", b"END:VCARD", b"BEGIN:VCARD", b"FN:B", b"END:VCARD", b""])
        assert [card.line for card in split_cards(data) if isinstance(card, RawCard)] == [1, 4]
