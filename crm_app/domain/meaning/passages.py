"""A text in passages, each short enough to have one meaning and long enough to have any. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

LONGEST, SHORTEST = 500, 100
"""Letters of a passage: some 120 tokens, a few sentences. A paragraph of fewer than ``SHORTEST`` is read with what comes after it."""
MOST = 60
"""Passages that are read of one text: what comes after some 25,000 letters is found by its words alone."""
_LINE = re.compile(r"[^\n]*\n?")
_SENTENCE = re.compile(r".+?(?:[.!?…。！？]+[\s»”\")]*|\n|$)", re.S)


class Span(NamedTuple):
    """Where a passage stands in its text."""

    begins: int
    ends: int


def passages_of(text: str) -> tuple[Span, ...]:
    """Where the passages stand. Lines that quote an earlier mail (``>``) belong to none: that mail says them itself."""
    spans: list[Span] = []
    for begins, ends in _blocks(text):
        for piece in _pieces(text, begins, ends):
            last = spans[-1] if spans else None
            joins = last and last.ends == piece.begins and (last.ends - last.begins < SHORTEST or piece.ends - piece.begins < SHORTEST)
            if last and joins and piece.ends - last.begins <= LONGEST:
                spans[-1] = Span(last.begins, piece.ends)
            else:
                spans.append(piece)
    return tuple(span for span in spans if any(char.isalpha() for char in text[span.begins : span.ends]))[:MOST]


def _blocks(text: str) -> list[tuple[int, int]]:
    """Stretches without quoted lines."""
    blocks: list[tuple[int, int]] = []
    for line in _LINE.finditer(text):
        if not line.group() or line.group().lstrip().startswith(">"):
            continue
        if blocks and blocks[-1][1] == line.start():
            blocks[-1] = (blocks[-1][0], line.end())
        else:
            blocks.append((line.start(), line.end()))
    return blocks


def _pieces(text: str, begins: int, ends: int) -> list[Span]:
    """Paragraphs, and of longer ones as many whole sentences as fit; what has no sentences is cut."""
    pieces: list[Span] = []
    for paragraph in re.finditer(r".+?(?:\n\s*\n|$)", text[begins:ends], re.S):
        start, end = begins + paragraph.start(), begins + paragraph.end()
        if end - start <= LONGEST:
            pieces.append(Span(start, end))
            continue
        at = start
        for sentence in _SENTENCE.finditer(text, start, end):
            if sentence.end() - at > LONGEST and sentence.start() > at:
                pieces.append(Span(at, sentence.start()))
                at = sentence.start()
            while sentence.end() - at > LONGEST:
                pieces.append(Span(at, at + LONGEST))
                at += LONGEST
        if at < end:
            pieces.append(Span(at, end))
    return pieces
