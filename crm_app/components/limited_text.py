"""An answer of a model on a page, in the little that it may look like (``limited``): text nodes alone, redrawn only where it has grown."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from nicegui.element import Element

from crm_app.components.limited import Line, Piece, Run, read
from crm_app.components.text import attributes, block, text
from crm_app.domain.i18n import _

Sources = Mapping[int, tuple[str, str | None]]
"""What a number means: the record's title, and where it opens, if it does."""
_TAGS = {"bullets": "ul", "numbers": "ol"}


class LimitedText:
    """The text; ``show`` may be called again and again while it grows."""

    def __init__(self, classes: str = "") -> None:
        self.element = block(f"mc-limited {classes}")
        self._drawn: list[tuple[Piece, Element]] = []

    def show(self, answer: str, sources: Callable[[], Sources] | None = None) -> None:
        """Say this instead. A number that no source has is drawn as the letters that it is, or left out while it is still being written."""
        known = sources() if sources else {}
        pieces = read(answer)
        same = 0
        while same < min(len(pieces), len(self._drawn)) and self._drawn[same][0] == pieces[same] and sources is None:
            same += 1
        for _piece, element in self._drawn[same:]:
            element.delete()
        del self._drawn[same:]
        with self.element:
            for piece in pieces[same:]:
                self._drawn.append((piece, _draw(piece, known)))


def _draw(piece: Piece, sources: Sources) -> Element:
    if piece.kind == "table":
        return _table(piece, sources)
    if piece.kind == "text":
        with block(tag="p") as paragraph:
            for number, line in enumerate(piece.lines):
                if number:
                    block(tag="br")
                _line(line, sources)
        return paragraph
    with block(tag=_TAGS[piece.kind]) as items:
        for line in piece.lines:
            with block(tag="li"):
                _line(line, sources)
    return items


def _table(piece: Piece, sources: Sources) -> Element:
    with block("mc-limited-table") as frame:
        attributes(frame, tabindex=0, role="region", aria_label=_("Table"))
        with block(tag="table"):
            for number, row in enumerate(piece.rows):
                with block(tag="tr"):
                    for cell in row:
                        with block(tag="td" if number else "th"):
                            _line(cell, sources)
    return frame


def _line(line: Line, sources: Sources) -> None:
    for run in line:
        if run.cites:
            _cited(run, sources)
        else:
            text(run.text, tag="strong" if run.strong else "span")


def _cited(run: Run, sources: Sources) -> None:
    title, address = sources.get(run.cites, ("", None))
    chip = text(str(run.cites), "mc-cite", tag="a" if address else "span")
    attributes(chip, href=address, title=title or None, aria_label=_("Source %d") % run.cites, role=None if address else "note")
