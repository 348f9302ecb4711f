"""How a letter looks where mail programs show more than letters."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_app.domain.letters.looks import as_html
from crm_app.domain.mail.cleaning import clean


def inside(words: str) -> str:
    return as_html(words).removeprefix('<div dir="auto">').removesuffix("</div>\n")


@pytest.mark.parametrize(
    ("words", "looks"),
    [
        ("", ""),
        ("Dear Ana,\nsee you\n\n\nMara", "<p>Dear Ana,<br>see you</p><p>Mara</p>"),
        ("a **b** and *c* or _d_", "<p>a <strong>b</strong> and <em>c</em> or <em>d</em></p>"),
        ("2*3*4, snake_case_name, ** not **, a * b *", "<p>2*3*4, snake_case_name, ** not **, a * b *</p>"),
        ("- one\n- two\n1. first\n2) second", "<ul><li>one</li><li>two</li></ul><ol><li>first</li><li>second</li></ol>"),
        ("-- \nMara", "<p>-- <br>Mara</p>"),
        ("See https://a.example/b_(c)?d=1&e=2.", '<p>See <a href="https://a.example/b_(c)?d=1&amp;e=2">https://a.example/b_(c)?d=1&amp;e=2</a>.</p>'),
        ("(www.a.example), b@c.example", '<p>(<a href="https://www.a.example">www.a.example</a>), <a href="mailto:b@c.example">b@c.example</a></p>'),
        ("[our page](https://a.example/x)", '<p><a href="https://a.example/x">our page</a></p>'),
        ("[no](javascript:alert(1))", "<p>[no](javascript:alert(1))</p>"),
        ("<b onclick=\"x\">&amp;", '<p>&lt;b onclick="x"&gt;&amp;amp;</p>'),
    ],
)  # fmt: skip
def test_marks_become_what_they_stand_for_and_everything_else_stays_text(words, looks):
    assert inside(words) == looks


def test_what_is_quoted_stands_apart_and_keeps_its_own_marks():
    found = inside("Yes.\n\nBen wrote:\n> *Hi* https://a.example\n>> - before")
    quote = '<blockquote style="margin:0 0 0 2px;padding-left:12px;border-left:2px solid">'
    assert found == f'<p>Yes.</p><p>Ben wrote:</p>{quote}<p>*Hi* <a href="https://a.example">https://a.example</a></p>{quote}<p>- before</p></blockquote></blockquote>'


@settings(derandomize=True, deadline=None)
@given(st.lists(st.one_of(st.text(max_size=12), st.sampled_from(["**", "*", "_", "[", "](https://", ")", "> ", "\n", "- ", "<img src=x onerror=y>", '"', "&", "www.a.example"])), max_size=30).map("".join))
def test_nothing_that_is_written_is_markup_that_a_cleaner_would_take_out(words):
    assert clean(as_html(words).replace("\x00", "")).count("<") == as_html(words).count("<"), "every tag of it is one that we made"
