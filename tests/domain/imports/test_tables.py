"""CSV in every dress: encodings, delimiters, preambles, ragged rows, quotes without partners; and what a column means."""

from __future__ import annotations

import pytest

from crm_app.domain.imports.cards import ContactCard, Problem
from crm_app.domain.imports.headers import meaning
from crm_app.domain.imports.mapping import FIELDS, Mapping, letter
from crm_app.domain.imports.reader import Parsed, read_file
from crm_app.domain.imports.recognise import NotContacts
from crm_app.domain.imports.tables import Table, find_encoding


def read(sandbox, text: str | bytes, region: str = "DE", **options) -> tuple[list[ContactCard], list[Problem], Parsed]:
    parsed = read_file(sandbox, "x.csv", text if isinstance(text, bytes) else text.encode(), region=region, **options)
    return list(parsed.cards), parsed.problems, parsed


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_encodings(inline, encoding):
    cards, problems, _ = read(inline, "Name;E-Mail;Ort\r\nJürgen Groß;j@example.org;Köln\r\n".encode(encoding))
    assert (cards[0].display_name, cards[0].city, problems) == ("Jürgen Groß", "Köln", [])


def test_a_foreign_alphabet_without_unicode(inline):
    text = "Name;E-Mail\n" + "".join(f"Олена Шевченко {name};o{number}@example.org\n" for number, name in enumerate(["Киев", "Одесса", "Львов"] * 4))
    cards, _, parsed = read(inline, text.encode("cp1251"))
    assert cards[0].display_name == "Олена Шевченко Киев" and parsed.mapping.encoding == "cp1251"


def test_one_word_in_another_encoding_spoils_only_itself(inline):
    cards, _, parsed = read(inline, "Name,E-mail\nZoë,z@example.org\n".encode() + "Renée,r@example.org\n".encode("cp1252"))
    assert len(cards) == 2 and find_encoding("Zoë".encode()) == "utf-8"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(inline, delimiter):
    cards, _, parsed = read(inline, delimiter.join(["Name", "E-mail", "Notes"]) + "\n" + delimiter.join(["Amira", "a@example.org", '"x, y; z"']) + "\n")
    assert parsed.mapping.delimiter == delimiter and cards[0].notes == "x, y; z"


def test_excels_own_first_line_settles_the_delimiter(inline):
    cards, _, parsed = read(inline, "sep=;\nName;E-mail\nAmira, the first;a@example.org\n")
    assert parsed.mapping.delimiter == ";" and cards[0].display_name == "Amira, the first" and cards[0].line == 3


def test_ragged_rows_lose_nothing(inline):
    cards, problems, _ = read(inline, "Name,E-mail,Notes\nAmira\nZoë,z@example.org,hello,more,and more\n,,\n\nQuinn,q@example.org\n")
    assert [card.display_name for card in cards] == ["Amira", "Zoë", "Quinn"]
    assert cards[1].extra == {"Column 4": "more", "Column 5": "and more"} and problems == []


def test_line_breaks_inside_cells(inline):
    cards, _, _ = read(inline, 'Name,Notes\r\nAmira,"one\r\ntwo"\r\nZoë,"three\nfour"\r\n')
    assert [(card.line, card.notes) for card in cards] == [(2, "one\ntwo"), (4, "three\nfour")]


def test_a_quotation_mark_without_partner_costs_its_line_only(inline):
    cards, problems, _ = read(inline, 'Name,E-mail\nAmira,a@example.org\n"Zoë,z@example.org\nQuinn,q@example.org\n')
    assert [card.display_name for card in cards] == ["Amira", "Zoë", "Quinn"]
    assert [(problem.line, problem.lost) for problem in problems] == [(3, False)]


def test_two_of_them_that_make_a_wrong_width_do_not_swallow_what_stands_between(inline):
    text = 'Name,E-mail,Notes\n"Amira,a@example.org,\nZoë,z@example.org,\nQuinn,q@example.org,"late\nWren,w@example.org,\n'
    cards, problems, _ = read(inline, text)
    assert [card.display_name for card in cards] == ["Amira", "Zoë", "Quinn", "Wren"] and problems[0].line == 2


def test_a_name_over_several_lines_is_valid_but_reported(inline):
    cards, problems, _ = read(inline, 'Name,E-mail\n"Amira,a@example.org\nZoë,z@example.org\nQuinn",q@example.org\nWren,w@example.org\n')
    assert len(cards) == 2 and "Zoë" in cards[0].display_name
    assert problems[0].line == 2 and "quotation mark" in problems[0].reason


def test_a_file_full_of_them_ends(inline):
    text = "Name,E-mail\n" + "".join(f'"Amira {number},a{number}@example.org\n' for number in range(1_001))
    cards, problems, _ = read(inline, text)
    together = " ".join(card.display_name for card in cards)
    assert all(f"Amira {number}" in together for number in (0, 500, 1_000)) and len(problems) >= len(cards) - 1


def test_ten_thousand_columns(inline):
    header = ",".join(["Name", *(f"c{number}" for number in range(9_999))])
    cards, problems, parsed = read(inline, header + "\nAmira" + ",x" * 9_999 + "\n")
    assert cards[0].display_name == "Amira" and any("1,000 columns" in problem.reason for problem in problems)


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        ("Vorname;Nachname;E-Mail-Adresse;Telefon privat;Firma;Ort;Geburtstag", "Uta;Groß;u@example.org;030 901820;Studio;Köln;15.03.1985", ("Uta", "Groß")),
        ("Prénom;Nom;Courriel;Téléphone portable;Société;Ville;Date de naissance", "Uta;Groß;u@example.org;030 901820;Studio;Köln;15/03/1985", ("Uta", "Groß")),
        ("Nombre,Apellidos,Correo electrónico,Teléfono móvil,Empresa,Ciudad,Fecha de nacimiento", "Uta,Groß,u@example.org,030 901820,Studio,Köln,15/03/1985", ("Uta", "Groß")),
        ("Primeiro nome,Sobrenome,E-mail,Celular,Organização,Cidade,Data de nascimento", "Uta,Groß,u@example.org,030 901820,Studio,Köln,15/03/1985", ("Uta", "Groß")),
        ("Nome;Cognome;Indirizzo email;Cellulare;Azienda;Città;Data di nascita", "Uta;Groß;u@example.org;030 901820;Studio;Köln;15/03/1985", ("Uta", "Groß")),
        ("Voornaam;Achternaam;E-mailadres;Mobiel;Bedrijf;Plaats;Geboortedatum", "Uta;Groß;u@example.org;030 901820;Studio;Köln;15-03-1985", ("Uta", "Groß")),
        ("First Name,Surname,Email,Mobile,Organisation,Town,DOB", "Uta,Groß,u@example.org,030 901820,Studio,Köln,1985-03-15", ("Uta", "Groß")),
    ],
    ids=["German", "French", "Spanish", "Portuguese", "Italian", "Dutch", "English"],
)  # fmt: skip
def test_seven_languages(inline, header, row, expected):
    (card,), problems, _ = read(inline, f"{header}\n{row}\n")
    assert (card.given_name, card.family_name) == expected and card.display_name == "Uta Groß"
    assert [point.value_norm for point in card.points] == ["u@example.org", "+4930901820"]
    assert (card.company, card.city, card.birthday.iso(), card.extra, problems) == ("Studio", "Köln", "1985-03-15", {}, [])


@pytest.mark.parametrize(
    ("header", "field", "label"),
    [
        ("Business Street", "street", "work"), ("Home Country/Region", "country", "home"), ("Mobile Phone", "phone", "mobile"), ("Business Fax", "phone", "work fax"),
        ("Telefon (geschäftlich)", "phone", "work"), ("LinkedIn", "social", "LinkedIn"), ("E-mail 2 Address", "email", ""), ("WhatsApp", "phone", ""),
    ],
)  # fmt: skip
def test_labels_inside_headers(header, field, label):
    found = meaning(header)
    assert found is not None and (found.field, found.label) == (field, label)


@pytest.mark.parametrize("header", ["Checked in", "Shoe size", "", "Home", "x" * 500, "2026"])
def test_unknown_headers_mean_nothing(header):
    assert meaning(header) is None


def test_unknown_columns_are_kept_by_their_name(inline):
    (card,), _, _ = read(inline, "Name,Shoe size,Dosha\nAmira,38,pitta\n")
    assert card.extra == {"Shoe size": "38", "Dosha": "pitta"}


def test_dates_follow_what_the_column_shows(inline):
    cards, _, parsed = read(inline, "Name,Birthday\nA,03/04/1985\nB,25/12/1990\nC,0/0/00\n", region="US")
    assert parsed.mapping.date_order == "dmy" and cards[0].birthday.iso() == "1985-04-03" and cards[2].birthday is None
    cards, problems, _ = read(inline, "Name,Birthday\nA,03/04/1985\nB,02/31/1990\n", region="US")
    assert cards[0].birthday.iso() == "1985-03-04"
    assert cards[1].extra == {"Birthday": "02/31/1990"} and problems[0].line == 3


def test_bad_addresses_and_numbers_are_kept_and_reported(inline):
    (card,), problems, _ = read(inline, "Name,E-mail,Phone\nAmira,not an address,ask reception\n")
    assert card.points == () and card.extra == {"E-mail": "not an address", "Phone": "ask reception"}
    assert len(problems) == 2 and all(problem.line == 2 and not problem.lost for problem in problems)


def test_a_row_without_a_name_is_reported(inline):
    cards, problems, _ = read(inline, "Name,Notes\n,somebody\nAmira,\n")
    assert len(cards) == 1 and problems[0].line == 2 and problems[0].lost


def test_google_groups(inline):
    header = "First Name,Phonetic First Name,Last Name,File As,Labels,E-mail 1 - Label,E-mail 1 - Value\n"
    (card,), _, parsed = read(inline, header + "Amira,,Khan,,* myContacts ::: * starred ::: * family ::: Yoga,* Home,a@example.org\n")
    assert parsed.source == "google" and card.favourite and card.tags == ("family", "Yoga") and card.points[0].label == "home"


def test_without_header_columns_have_letters_and_are_guessed(inline):
    cards, _, parsed = read(inline, "Amira Khan,a@example.org,+49 30 901820,blue\nZoë Groß,z@example.org,+49 30 901821,red\n")
    assert not parsed.mapping.has_header and [column.header for column in parsed.mapping.columns] == ["A", "B", "C", "D"]
    assert [column.field for column in parsed.mapping.columns] == ["display_name", "email", "phone", "extra"]
    assert [card.display_name for card in cards] == ["Amira Khan", "Zoë Groß"] and cards[0].extra == {"D": "blue"}


def test_a_table_that_says_nothing_waits_for_a_mapping(inline):
    text = "alpha,beta\nAmira,7\n"
    cards, problems, parsed = read(inline, text)
    assert not parsed.mapping.ready and cards == [] and problems[0].lost and "Choose" in problems[0].reason
    chosen = Mapping.model_validate_json(parsed.mapping.with_column(0, "display_name").model_dump_json())
    (card,), problems, _ = read(inline, text, mapping=chosen)
    assert card.display_name == "Amira" and card.extra == {"beta": "7"} and problems == []


def test_the_mapping_page_can_change_everything(inline):
    text = "Name,Handy,Kram\nAmira,030 901820,weg\n"
    _, _, parsed = read(inline, text)
    assert [column.samples for column in parsed.mapping.columns] == [("Amira",), ("030 901820",), ("weg",)]
    changed = parsed.mapping.with_column(1, "phone", "work").with_column(2, "ignore")
    (card,), _, _ = read(inline, text, mapping=changed)
    assert card.points[0].label == "work" and card.extra == {}
    with pytest.raises(KeyError):
        parsed.mapping.with_column(0, "owner_id")
    assert {"display_name", "email", "extra", "ignore"} <= set(FIELDS)


def test_a_mapping_from_a_page_names_only_encodings_of_text(inline):
    _, _, parsed = read(inline, "Name\nAmira\n")
    for encoding in ("zlib", "base64", "nonsense"):
        with pytest.raises((ValueError, LookupError)):
            Mapping.model_validate({**parsed.mapping.model_dump(), "encoding": encoding})


def test_letters():
    assert [letter(index) for index in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


def test_batches_can_be_read_again(inline):
    parsed = read_file(inline, "x.csv", b"Name,E-mail\n" + b"".join(b"P%d,bad\n" % number for number in range(600)), region="DE")
    sizes = [len(batch.cards) for batch in parsed.batches()]
    assert sizes == [250, 250, 100] and len(parsed.problems) == 600 and parsed.total == 600
    assert len(list(parsed.cards)) == 600 and len(parsed.problems) == 600


def test_a_hundred_thousand_rows_in_bounded_memory():
    """Splitting a file keeps one row at a time; only the file itself is held."""
    import tracemalloc

    data = b"Name,E-mail,Notes\n" + b"".join(b"Person %d,p%d@example.org,some text that is here\n" % (number, number) for number in range(100_000))
    tracemalloc.start()
    count = sum(1 for _ in Table(data, "utf-8", ",").rows())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 100_001 and peak < 5_000_000


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"), (b" \r\n\t", "empty"), (b"\xef\xbb\xbf", "empty"), (b"%PDF-1.7 x", "PDF"), (b"\x89PNG\r\n\x1a\nxxxx", "picture"),
        (b"PK\x03\x04word/document.xml", "text document"), (b"PK\x03\x04stuff", "archive"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 stuff", "Office"),
        (b"<!DOCTYPE html><p>", "web page"), (b"<?xml version='1.0'?>", "XML"), (b'{"people": []}', "JSON"), (b"\x7fELF\x02\x01", "program"),
        (b"Dear all,\nthis is a letter.\n", "plain text"), (b"just words\nand more words\n", "plain text"), (bytes(range(256)) * 20, "no text"),
        (b"From a@b.org Tue Nov 17 09:00:00 2026\nSubject: x\n", "e-mail message"), (b"\x1f\x8b\x08\x00", "archive"),
    ],
)  # fmt: skip
def test_what_is_no_contact_file_is_refused_with_a_sentence(inline, data, said):
    with pytest.raises(NotContacts, match=said) as refused:
        list(read_file(inline, "contacts.csv", data).cards)
    assert refused.value.message.endswith((".", "”."))


@pytest.mark.parametrize("name", ["../../etc/passwd", "a\0b.csv", "CON", "x" * 5_000, "\u202efdp.vsc", ""])
def test_the_name_of_a_file_plays_no_part(inline, name):
    (card,) = read_file(inline, name, b"Name,E-mail\nAmira,a@example.org\n").cards
    assert card.display_name == "Amira"
