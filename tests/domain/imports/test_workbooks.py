"""Excel and OpenDocument workbooks, made here by hand, and archives that are none of our business."""

from __future__ import annotations

import io
import zipfile

import pytest

from crm_app.domain.imports.reader import read_file
from crm_app.domain.imports.recognise import NotContacts
from crm_app.domain.imports.workbook import check_archive
from crm_app.domain.isolation import SandboxRefused

_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)
_RELS = '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def workbook(sheets: dict[str, list[list[str | float]]], extra: dict[str, bytes] | None = None) -> bytes:
    """A minimal .xlsx with these sheets."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr("_rels/.rels", _RELS.format(f'<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'))
        listed = "".join(f'<sheet name="{name}" sheetId="{number}" r:id="r{number}"/>' for number, name in enumerate(sheets, 1))
        archive.writestr("xl/workbook.xml", f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>')
        links = "".join(f'<Relationship Id="r{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in range(1, len(sheets) + 1))
        archive.writestr("xl/_rels/workbook.xml.rels", _RELS.format(links))
        for number, rows in enumerate(sheets.values(), 1):
            archive.writestr(f"xl/worksheets/sheet{number}.xml", f'<worksheet xmlns="{_MAIN}"><sheetData>{_rows(rows)}</sheetData></worksheet>')
        for name, data in (extra or {}).items():
            archive.writestr(name, data)
    return out.getvalue()


def _rows(rows: list[list[str | float]]) -> str:
    return "".join(f'<row r="{number}">{"".join(_cell(number, at, cell) for at, cell in enumerate(row))}</row>' for number, row in enumerate(rows, 1))


def _cell(row: int, at: int, cell: str | float) -> str:
    place = f"{chr(65 + at)}{row}"
    if isinstance(cell, str):
        text = cell.replace("&", "&amp;").replace("<", "&lt;")
        return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>' if cell else ""
    return f'<c r="{place}"><v>{cell}</v></c>'


def test_a_workbook_is_read_like_a_table(sandbox):
    rows = [["Name", "E-mail", "Phone", "Notes", "Shoe size"], ["Žofia", "z@example.org", "+49 30 901820", "one\ntwo", 38.0], [], ["美咲", "", "", "", 37.5]]
    parsed = read_file(sandbox, "people.xlsx", workbook({"People": rows}), region="DE")
    cards = list(parsed.cards)
    assert (parsed.kind, parsed.source, parsed.problems) == ("excel", "table", [])
    assert [(card.line, card.display_name) for card in cards] == [(2, "Žofia"), (4, "美咲")]
    assert cards[0].notes == "one\ntwo" and cards[0].extra == {"Shoe size": "38"} and cards[1].extra == {"Shoe size": "37.5"}


def test_the_fullest_sheet_is_read_unless_another_is_chosen(sandbox):
    cover = [["Our clients, November"], ["Made by Mara"]]
    data = workbook({"Cover": cover, "Empty": [], "People": [["Name", "City"], ["Amira", "Köln"], ["Ben", "Ulm"]], "More": [["Name"], ["Zoë"]]})
    parsed = read_file(sandbox, "x.xlsx", data)
    assert [card.display_name for card in parsed.cards] == ["Amira", "Ben"]
    assert (parsed.mapping.sheet, parsed.mapping.sheets) == ("People", ("Cover", "Empty", "People", "More"))
    assert parsed.problems[0].reason == "Only the sheet “People” was read, not “Cover”, “Empty”, “More”." and parsed.problems[0].line == 0
    chosen = read_file(sandbox, "x.xlsx", data, sheet="More")
    assert [card.display_name for card in chosen.cards] == ["Zoë"]
    edited = read_file(sandbox, "x.xlsx", data, mapping=chosen.mapping)
    assert [card.display_name for card in edited.cards] == ["Zoë"], "an edited mapping goes on reading its own sheet"
    with pytest.raises(NotContacts, match="^The sheet “Empty” holds no filled cell"):
        read_file(sandbox, "x.xlsx", data, sheet="Empty")
    assert read_file(sandbox, "x.xlsx", data, sheet="No such sheet").mapping.sheet == "People"


def test_an_empty_or_broken_workbook_is_refused(sandbox):
    with pytest.raises(NotContacts, match="no filled cell"):
        read_file(sandbox, "x.xlsx", workbook({"Empty": []}))
    whole = workbook({"People": [["Name"], ["Amira"]]})
    with pytest.raises(NotContacts, match="damaged"):
        read_file(sandbox, "x.xlsx", whole[: len(whole) // 2] + b"xl/workbook")
    with pytest.raises(NotContacts):
        read_file(sandbox, "x.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook".encode("utf-16-le") * 50)


def test_a_bomb_is_refused_before_it_is_unpacked(sandbox):
    bomb = workbook({"People": [["Name"], ["Amira"]]}, {"xl/media/x.bin": b"\0" * 20_000_000})
    assert len(bomb) < 100_000
    with pytest.raises(NotContacts, match="unpacks"):
        read_file(sandbox, "x.xlsx", bomb)


def test_an_archive_that_lies_about_its_sizes_meets_the_memory_limit(sandbox):
    """The list of contents says 1 kB, the packed stream holds 600 MB."""
    import struct
    import zlib

    packer = zlib.compressobj(9)
    head = f'<worksheet xmlns="{_MAIN}"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>'.encode()
    block = b"A" * 1_000_000
    packed = packer.compress(head) + b"".join(packer.compress(block) for _ in range(600)) + packer.flush()
    honest = workbook({"People": [["Name"], ["Amira"]]})
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(honest)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in source.infolist():
            body = source.read(entry.filename)
            archive.writestr(entry.filename, b"@" * 600_000 if "sheet1" in entry.filename else body)
    data = out.getvalue()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entry = archive.getinfo("xl/worksheets/sheet1.xml")
    start = entry.header_offset + 30 + len(entry.filename)
    stretched = data[:start] + packed[2:-4] + data[start + entry.compress_size :]
    grown = len(packed[2:-4]) - entry.compress_size
    directory = stretched.rindex(b"PK\x05\x06")
    offset = struct.unpack("<I", stretched[directory + 16 : directory + 20])[0] + grown
    stretched = stretched[: directory + 16] + struct.pack("<I", offset) + stretched[directory + 20 :]
    with pytest.raises(NotContacts):
        read_file(sandbox, "x.xlsx", stretched)


@pytest.mark.parametrize("name", ["../evil", "/etc/passwd", "a\\..\\..\\b", "inner.zip"])
def test_paths_and_nested_archives_are_refused(name):
    with pytest.raises(SandboxRefused):
        check_archive(workbook({"P": [["Name"]]}, {name: b"x"}))


def test_a_link_and_too_many_entries_are_refused():
    link = zipfile.ZipInfo("xl/link")
    link.external_attr = 0o120777 << 16
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(SandboxRefused, match="damaged"):
        check_archive(out.getvalue())
    with pytest.raises(SandboxRefused, match="unpacks"):
        check_archive(workbook({"P": [["Name"]]}, {f"f{number}": b"" for number in range(1_001)}))


def test_entities_in_a_workbook_reach_nothing(sandbox):
    evil = f'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd"><!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]><worksheet xmlns="{_MAIN}"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>Name&a;&c;</t></is></c></row></sheetData></worksheet>'
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook({"P": [["Name"], ["A"]]}))) as source, zipfile.ZipFile(out, "w") as archive:
        for entry in source.infolist():
            archive.writestr(entry.filename, evil if "sheet1" in entry.filename else source.read(entry.filename))
    try:
        parsed = read_file(sandbox, "x.xlsx", out.getvalue())
        assert "root:" not in " ".join(card.model_dump_json() for card in parsed.cards) + parsed.mapping.model_dump_json()
    except NotContacts as refused:
        assert refused.message


def test_opendocument_is_read_too(sandbox):
    content = (
        '<?xml version="1.0"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body>'
        '<office:spreadsheet><table:table table:name="People">'
        + "".join(
            "<table:table-row>" + "".join(f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in row) + "</table:table-row>"
            for row in (["Name", "E-mail"], ["Amira", "a@example.org"])
        )
        + "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>')
    (card,) = read_file(sandbox, "x.ods", out.getvalue()).cards
    assert card.display_name == "Amira" and card.points[0].value == "a@example.org"
