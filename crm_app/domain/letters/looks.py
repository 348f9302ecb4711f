"""What a letter looks like where mail programs show more than letters: paragraphs, lists, bold, italic, links and what is quoted. Pure.

It is made from the words as they are typed, which leave beside it as they are; whoever marks nothing gets paragraphs and links. Everything that is not
one of these marks is text, so that nothing typed or quoted becomes markup. What is quoted keeps its own marks as letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby

_QUOTED = re.compile(r"^> ?(.*)$")
_BULLET, _NUMBER = re.compile(r"^ {0,3}[-*•] (.+)$"), re.compile(r"^ {0,3}\d{1,3}[.)] (.+)$")
_LINK = (
    r"(?P<web>\b(?:https?://|www\.)[^\s<>\"“”„]{1,2000})|(?P<mail>\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5})"
)
_NAMED = r"\[(?P<label>[^\[\]\n]{1,300})\]\((?P<target>(?:https?://|mailto:)[^\s()<>\"]{1,2000})\)"
_BOLD = r"\*\*(?=\S)(?P<bold>[^*\n]{1,1000})(?<=\S)\*\*"
_ITALIC = r"(?<![\w*])\*(?=\S)(?P<italic>[^*\n]{1,1000})(?<=\S)\*(?![\w*])|(?<![\w/])_(?=\S)(?P<under>[^_\n]{1,1000})(?<=\S)_(?!\w)"
_MARKED, _PLAIN = re.compile(f"{_NAMED}|{_LINK}|{_BOLD}|{_ITALIC}"), re.compile(_LINK)
_AFTER = ".,;:!?'’»…*_"
"""What follows an address in a sentence, and is none of it."""
DEEPEST = 5
_QUOTE = "margin:0 0 0 2px;padding-left:12px;border-left:2px solid"


def as_html(words: str) -> str:
    """The words of a letter as HTML. Empty for none."""
    found = "".join(_blocks(words.replace("\r\n", "\n").rstrip().split("\n"), 0))
    return f'<div dir="auto">{found}</div>\n' if found else ""


def _blocks(lines: Sequence[str], depth: int) -> Iterator[str]:
    for kind, group in groupby(lines, key=lambda line: _kind_of(line, depth)):
        same = list(group)
        if kind == "quoted":
            inside = [found[1] for line in same if (found := _QUOTED.match(line))]
            yield f'<blockquote style="{_QUOTE}">{"".join(_blocks(inside, depth + 1))}</blockquote>'
        elif kind in ("ul", "ol"):
            items = [found[1] for line in same if (found := (_BULLET if kind == "ul" else _NUMBER).match(line))]
            yield f"<{kind}>{''.join(f'<li>{_inline(item, depth)}</li>' for item in items)}</{kind}>"
        elif kind == "text":
            yield f"<p>{'<br>'.join(_inline(line, depth) for line in same)}</p>"


def _kind_of(line: str, depth: int) -> str:
    if not line.strip():
        return ""
    if depth < DEEPEST and _QUOTED.match(line):
        return "quoted"
    if depth == 0 and _BULLET.match(line):
        return "ul"
    return "ol" if depth == 0 and _NUMBER.match(line) else "text"


def _inline(line: str, depth: int) -> str:
    marks, done, said = (_PLAIN if depth else _MARKED), 0, []
    for found in marks.finditer(line):
        said += [escape(line[done : found.start()], quote=False), _marked(found, depth)]
        done = found.end()
    return "".join([*said, escape(line[done:], quote=False)])


def _marked(found: re.Match[str], depth: int) -> str:
    given = found.groupdict()
    if target := given.get("target"):
        return _anchor(target, given["label"])
    if web := given["web"]:
        address = _without_end(web)
        return _anchor(address if address.startswith("http") else f"https://{address}", address) + escape(web[len(address) :], quote=False)
    if mail := given["mail"]:
        return _anchor(f"mailto:{mail}", mail)
    if bold := given["bold"]:
        return f"<strong>{_inline(bold, depth + DEEPEST)}</strong>"
    return f"<em>{_inline(given['italic'] or given['under'], depth + DEEPEST)}</em>"


def _without_end(address: str) -> str:
    """The address without what ends the sentence, and without a bracket that was opened before it."""
    while address and (address[-1] in _AFTER or (address[-1] in ")]" and address.count(address[-1]) > address.count("(["[")]".index(address[-1])]))):
        address = address[:-1]
    return address


def _anchor(target: str, label: str) -> str:
    return f'<a href="{escape(target)}">{escape(label, quote=False)}</a>'
