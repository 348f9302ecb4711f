"""HTML that came by mail, in a frame that runs nothing and loads nothing. It was cleaned when it was read; this is the second wall, and the third."""

from __future__ import annotations

import re

from crm_app.components.drawn import Drawn

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_COLOURS = re.compile(r"(?:color|background)\s*:|\b(?:bgcolor|background)\s*=|<font[^>]*\bcolor\s*=", re.I)
# Pictures from elsewhere, and parts that are not fetched, leave no broken frames behind.
_STYLE = (
    "html{background:white;color:black;overflow-x:auto;overflow-y:hidden;font:14px/22px system-ui,-apple-system,'Segoe UI',sans-serif;overflow-wrap:anywhere}"
    "body{margin:0;display:flow-root}body>:first-child{margin-top:0}body>:last-child{margin-bottom:0}table,td,th{border-color:silver}img{max-width:100%;height:auto}img:not([src^='data:']){display:none}"
    "blockquote{margin:8px 0 8px 2px;padding-left:12px;border-left:2px solid silver}pre{white-space:pre-wrap}table{max-width:100%}"
)


class MailFrame(Drawn, component="vue/mail_frame.js"):
    """Shows ``html``; ``label`` is the frame's name for whoever hears the page instead of seeing it."""

    def __init__(self, html: str, label: str) -> None:
        super().__init__()
        self.put(page=page_of(html), label=label, plain=not _COLOURS.search(html))


def page_of(html: str) -> str:
    """A whole page around it, whose own policy comes before anything of the mail: nothing is loaded, no script is run, links open elsewhere."""
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}"><meta name="referrer" content="no-referrer">'
        f'<base target="_blank"><style>{_STYLE}</style>'
    )
    return f"<!doctype html><html><head>{head}</head><body>{html}</body></html>"
