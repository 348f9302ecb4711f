"""The texts of an event as the tables take them: plain, without what no table holds, and never longer than there is room."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from crm_app.domain.i18n import _

TITLE, DESCRIPTION, LOCATION, URL, ADDRESS, NAME = 500, 20_000, 500, 2000, 320, 240
_MARKUP = re.compile(r"</?(a|b|br|p|div|span|html|body|ul|ol|li|i|u|strong|em|table|h[1-6])(\s[^<>]{0,500})?/?>", re.IGNORECASE)
_LONGEST_MARKUP = 100_000
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_BREAKS = re.compile(r"\n{3,}")


def one_line(text: str) -> str:
    """Without control characters, line breaks as spaces."""
    return " ".join(_UNSEEN.sub("", text).split())


def plain(text: str) -> str:
    """Text of several lines; markup, as Google and Outlook write it into descriptions, becomes the text that it shows."""
    kept = _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    if len(kept) <= _LONGEST_MARKUP and _MARKUP.search(kept):
        reader = _Shown()
        reader.feed(kept)
        reader.close()
        kept = "".join(reader.shown)
    return _BREAKS.sub("\n\n", "\n".join(line.rstrip() for line in kept.split("\n"))).strip()


class _Shown(HTMLParser):
    """What a browser would show, with the address behind a link that does not name it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.shown: list[str] = []
        self._link, self._hidden = "", 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("style", "script"):
            self._hidden += 1
        elif tag in ("br", "p", "div", "li", "tr", "h1", "h2", "h3"):
            self.shown.append("\n- " if tag == "li" else "\n")
        elif tag == "a":
            self._link = dict(attrs).get("href") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "script"):
            self._hidden = max(0, self._hidden - 1)
        elif tag in ("p", "div", "ul", "ol", "table"):
            self.shown.append("\n")
        elif tag == "a" and self._link:
            if self._link.startswith(("http://", "https://")) and self._link not in self.shown[-1:]:
                self.shown.append(f" ({self._link})")
            self._link = ""

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.shown.append(data)


class Cutter:
    """Shortens what is too long, and remembers to say so."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def fit(self, text: str, room: int, sentence: str) -> str:
        """``text``, or its beginning with an ellipsis; then ``sentence`` is among ``said``."""
        if len(text) <= room:
            return text
        self.said.append(sentence)
        return text[: room - 1].rstrip() + "…"

    def title(self, text: str) -> str:
        """What it is called."""
        return self.fit(one_line(text), TITLE, _("The title of this event is too long: its end was left out."))

    def description(self, text: str) -> str:
        """What is written about it."""
        return self.fit(plain(text), DESCRIPTION, _("The description of this event is too long: its end was left out."))

    def location(self, text: str) -> str:
        """Where it takes place."""
        return self.fit(one_line(text), LOCATION, _("The place of this event is too long: its end was left out."))

    def link(self, url: str) -> str:
        """A web address, whole or not at all."""
        if not url.lower().startswith(("http://", "https://")) or len(url) <= URL:
            return url if url.lower().startswith(("http://", "https://")) else ""
        self.said.append(_("The web address of this event is too long and was left out."))
        return ""
