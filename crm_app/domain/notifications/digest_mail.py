"""The digest as it reads: plain text, and the same in simple HTML. Whatever people typed is escaped; nothing is loaded from anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from html import escape
from typing import Protocol

from crm_app.domain.actor import Actor
from crm_app.domain.editing import clean_line
from crm_app.domain.i18n import _, ngettext
from crm_app.domain.links import absolute
from crm_app.domain.times import long_date

WHERE_TO_STOP = "/settings/notifications"
_STYLE = "font:15px/22px system-ui,-apple-system,'Segoe UI',sans-serif;max-width:560px;margin:0 auto;padding:16px"


class LineView(Protocol):
    """One thing of the day."""

    @property
    def title(self) -> str: ...
    @property
    def note(self) -> str: ...
    @property
    def link(self) -> str: ...


class SectionView(Protocol):
    """Things of one sort."""

    @property
    def title(self) -> str: ...
    @property
    def said(self) -> str: ...
    @property
    def lines(self) -> Sequence[LineView]: ...
    @property
    def more(self) -> int: ...


def write_digest(actor: Actor, today: date, sections: Sequence[SectionView]) -> tuple[str, str, str]:
    """Subject, text and HTML of the mail of ``today``."""
    subject = clean_line(", ".join(section.said for section in sections))[:200]
    greeting = _("Hello %s,") % actor.name.split(" ")[0]
    lead = _("this is your %s.") % long_date(today, actor)
    text = "\n".join([greeting, "", lead, "", *_text(sections), *_foot_text()])
    html = f'<div style="{_STYLE}"><p>{escape(greeting)}<br>{escape(lead)}</p>{"".join(_html(sections))}{_foot_html()}</div>'
    return subject, text, html


def _text(sections: Iterable[SectionView]) -> list[str]:
    lines: list[str] = []
    for section in sections:
        lines += [section.title, "-" * len(section.title)]
        for line in section.lines:
            lines.append(f"* {clean_line(line.title)}: {line.note}")
            lines += [f"  {absolute(line.link)}"] if line.link else []
        lines += [_more(section.more)] if section.more else []
        lines.append("")
    return lines


def _html(sections: Iterable[SectionView]) -> list[str]:
    parts = []
    for section in sections:
        parts.append(f'<h2 style="font-size:16px;margin:24px 0 4px">{escape(section.title)}</h2><ul style="margin:0;padding-left:20px">')
        for line in section.lines:
            title = escape(line.title)
            way = f'<a href="{escape(absolute(line.link))}">{title}</a>' if line.link else title
            parts.append(f"<li>{way}: {escape(line.note)}</li>")
        parts.append(f"</ul>{f'<p>{escape(_more(section.more))}</p>' if section.more else ''}")
    return parts


def _more(number: int) -> str:
    return ngettext("and %d more", "and %d more", number) % number


def _foot_text() -> list[str]:
    return [_("You get this on days when there is something to tell."), _("Change when and what: %s") % absolute(WHERE_TO_STOP), ""]


def _foot_html() -> str:
    said, way = _("You get this on days when there is something to tell."), _("Change when and what")
    return f'<p style="font-size:13px;margin-top:32px">{escape(said)} <a href="{escape(absolute(WHERE_TO_STOP))}">{escape(way)}</a></p>'
