"""Pages of mail made harmless: nothing in them runs, loads, or is drawn, and cleaning them again changes nothing."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_app.domain.mail.cleaning import clean, loads_remote, text_of, tidy, unflowed, without_tags
from tests.security.counts import counted

HOSTILE = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>", "<svg><script>alert(1)</script></svg>", "<svg><style><img src=x onerror=alert(1)>",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">", "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "<form action=https://evil.example><input name=a><button>Go", "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<a href=javascript:alert(1)>x</a>", "<a href='java\tscript:alert(1)'>x</a>", "<a href=' &#1;javascript:alert(1)'>x</a>", "<a href=data:text/html,<script>alert(1)</script>>x</a>",
    "<a href=vbscript:x>x</a>", "<iframe src=https://evil.example></iframe>", "<iframe srcdoc='<script>alert(1)</script>'>", "<object data=x><embed src=x>", "<base href=https://evil.example>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>", "<link rel=stylesheet href=https://evil.example>", "<link rel=preconnect href=https://evil.example>",
    "<style>@import url(https://evil.example)</style>", "<style>*{background:url(https://evil.example)}</style>", "<p style='background:url(https://evil.example)'>x",
    "<p style='background:u\\72l(https://evil.example)'>x", "<p style='background-image:image-set(\"https://evil.example\" 1x)'>x", "<p style='width:expression(alert(1))'>x",
    "<p style='color:red;/*;*/background:url(x)'>x", "<p style=\"content:'a;background:url(x)'\">x", "<p style='position:fixed;top:0;left:0;z-index:9'>x",
    "<img src=https://evil.example/p.gif>", "<img srcset='https://evil.example/p.gif 1x'>", "<img src=//evil.example/p.gif>", "<img src=data:image/svg+xml;base64,PHN2Zz4=>",
    "<img lowsrc=https://evil.example dynsrc=https://evil.example>", "<table background=https://evil.example><tr><td background=https://evil.example>x", "<body background=https://evil.example>",
    "<video poster=https://evil.example src=https://evil.example>", "<audio src=https://evil.example autoplay>", "<picture><source srcset=https://evil.example></picture>",
    "<input type=image src=https://evil.example>", "<isindex action=javascript:alert(1)>", "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>", "<template><script>alert(1)</script></template>",
    "<textarea><script>alert(1)</script></textarea>", "<title><img src=x onerror=alert(1)></title>", "<xmp><img src=x onerror=alert(1)></xmp>", "<plaintext><img src=x onerror=alert(1)>",
    "<select><template><img src=x onerror=alert(1)></template></select>", "<details ontoggle=alert(1) open>x", "<marquee onstart=alert(1)>x</marquee>", "<b id=x class=y name=z>x</b>", "<a ping=https://evil.example href=https://ok.example>x</a>",
    "<a href=https://ok.example target=_top rel=opener>x</a>", "<!--><img src=x onerror=alert(1)>-->", "<![CDATA[<img src=x onerror=alert(1)>]]>", "<?xml version=1?><img src=x onerror=alert(1)>", "\x00<scr\x00ipt>alert(1)</script>",
)  # fmt: skip
# What may stand in a page at all; whatever is not here is found by its absence.
_TAG = re.compile(r"<(/?)([a-z0-9]+)((?: [a-z-]+=\"[^\"<>]*\")*)>")
_ATTRIBUTE = re.compile(r" ([a-z-]+)=\"([^\"]*)\"")


def require_harmless(page: str) -> None:
    """Reads a cleaned page as plainly as can be, and independently of what cleaned it."""
    assert page.count("<") == len(_TAG.findall(page)), page
    for _end, tag, attributes in _TAG.findall(page):
        assert tag not in ("script", "style", "svg", "math", "form", "input", "button", "iframe", "object", "embed", "base", "meta", "link", "video", "audio", "source", "picture"), page
        for name, value in _ATTRIBUTE.findall(attributes):
            low = value.lower().strip()
            assert not name.startswith("on") and name not in ("srcset", "background", "poster", "id", "class", "name", "action", "ping"), page
            assert name != "src" or low.startswith(("blocked:http", "cid:", "data:image/png;", "data:image/gif;", "data:image/jpeg;", "data:image/webp;")), page
            assert name != "href" or re.match(r"(https?|mailto|tel):", low), page
            assert name != "style" or not re.search(r"url|image|expression|import|position|content|\\|@|/\*", low), page


@pytest.mark.parametrize("html", HOSTILE)
@pytest.mark.parametrize("around", ["{}", "<div><table><tr><td>{}</td></tr></table></div>", "<p>a{}b</p><svg>{}</svg>", "<math>{}</math>"])
def test_mail_01_what_is_left_can_do_nothing_and_stays_as_it_is(html, around):
    once = clean(around.replace("{}", html))
    require_harmless(once)
    assert clean(once) == once


PIECES = st.sampled_from([*HOSTILE, "<b>", "</b>", "<p>", "</p>", "<table>", "<td>", "</table>", "x", " ", "&lt;", "&amp;lt;script&gt;", "<!--", "-->", "\"", "'", "<a href='", "]]>", "<style>", "</style>"])


@counted(300, 50_000, "pages put together at random")
def test_mail_01_whatever_is_put_together_is_harmless_and_stable(count):
    @settings(max_examples=count, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(PIECES | st.text(max_size=8), max_size=12).map("".join))
    def check(html: str) -> None:
        once = clean(html)
        require_harmless(once)
        assert clean(once) == once
        text_of(once)
        assert "<" not in without_tags(html)

    check()


def test_what_people_write_stays():
    html = (
        '<div style="font-family:Arial;color:#222;position:absolute;background:url(x)"><h2>Hello</h2><p align="center">A <b>bold</b> <a href="https://example.org/x">word</a>'
        '<br>and <font color="red" size="2">red</font></p><blockquote>quoted</blockquote><ul><li>one</li></ul><table border="1" bgcolor="#fff"><tbody><tr><td colspan="2">cell</td></tr></tbody></table>'
        '<img src="cid:logo@x" alt="Logo" width="10"><img src="data:image/png;base64,iVBORw0KGgo="><img src="https://cdn.example/p.png"></div>'
    )
    cleaned = clean(html)
    assert 'style="font-family:Arial;color:#222"' in cleaned and '<a href="https://example.org/x" target="_blank" rel="noopener noreferrer nofollow">word</a>' in cleaned
    assert '<font color="red" size="2">red</font>' in cleaned and '<td colspan="2">cell</td>' in cleaned and '<img src="cid:logo@x" alt="Logo" width="10">' in cleaned
    assert '<img src="data:image/png;base64,iVBORw0KGgo=">' in cleaned and '<img src="blocked:https://cdn.example/p.png">' in cleaned
    assert loads_remote(cleaned) and not loads_remote(clean("<img src=cid:x>"))


def test_words_of_a_page_have_its_lines():
    page = clean("<h1>Title</h1><p>One<br>two &amp; three</p><ul><li>first<li>second</ul><table><tr><td>a<td>b</table><style>p{}</style><blockquote>theirs</blockquote>")
    assert text_of(page) == "Title\n\nOne\ntwo & three\n\n- first\n- second\n\na b\n\ntheirs"


def test_words_without_a_cleaner():
    assert text_of(without_tags("a<script>x<b></script>b<STYLE>p{}</style >c &amp; d < e<script>f")) == "a b c & d < e"
    assert text_of(without_tags("a<style>never closed")) == "a"


@pytest.mark.parametrize(
    ("written", "whole"),
    [
        ("one \ntwo\nthree", "one two\nthree"), ("> quoted \n> more\nown", "> quoted \n> more\nown"), ("-- \nAnn", "-- \nAnn"),
        (" stuffed \n  twice", "stuffed  twice"), ("", ""), ("a \n\nb", "a \nb"),
    ],
)  # fmt: skip
def test_paragraphs_that_were_broken_to_a_width_are_whole_again(written, whole):
    assert unflowed(written) == whole


def test_a_language_without_spaces_is_joined_without_any():
    assert unflowed("かき \nくえ", joined=True) == "かきくえ"


def test_control_characters_and_needless_space_go():
    assert tidy("a\x00b\x1b[0m \u202ec\r\n\r\n\r\n\r\n  d\t\u00a0e \u200b\x85f") == "ab[0m c\n\nd e\nf"
