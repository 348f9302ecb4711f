"""A suggestion whole: what would be done, the exact content, and the ways to decide. Once it is decided it is one line that can be taken back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from nicegui.element import Element

from crm_app.components import live
from crm_app.components.elements import banner, button, icon, key_hint, pill
from crm_app.components.keys import bind_keys
from crm_app.components.suggestion_words import LONG, approve_label, changes_words, ended, headline
from crm_app.components.text import attributes, block, link, text
from crm_app.domain.i18n import _
from crm_app.domain.letters.signatures import LINE
from crm_app.domain.suggestions.schemas import SuggestionView

Act = Callable[[SuggestionView], Awaitable[Any]]


@dataclass(frozen=True)
class Deciding:
    """What a page does when a person decides."""

    approve: Act
    edit: Act
    reject: Act
    undo: Act


class SuggestionCard:
    """Draws one. With ``keys``, A approves and X rejects while nobody types: give them to one card of a page alone."""

    def __init__(self, view: SuggestionView, acts: Deciding, *, keys: bool = False, heading: str = "h3") -> None:
        self.view, self._acts, self._keys, self._heading = view, acts, keys, heading
        self.place = block("mc-suggestion-place")
        self.show(view)

    def show(self, view: SuggestionView) -> None:
        """Draw it as it stands now."""
        self.view = view
        self.place.clear()
        with self.place:
            self._pending() if view.state == "pending" else self._ended()

    def _pending(self) -> None:
        with block("mc-card mc-suggestion", tag="section") as box:
            with block("mc-suggestion-head"):
                icon("sparkles", 18, "mc-ai-ink")
                text(headline(self.view), "mc-strong mc-grow", tag=self._heading)
                pill(_("Needs approval"), "ai")
            content(self.view)
            with block("mc-suggestion-foot"):
                blocked = self.view.trouble or None
                button(approve_label(self.view), kind="primary", icon="check", on_click=lambda: self._acts.approve(self.view), disabled_because=blocked)
                button(_("Edit"), icon="pencil", on_click=lambda: self._acts.edit(self.view))
                button(_("Reject"), kind="ghost", on_click=lambda: self._acts.reject(self.view))
                if self._keys:
                    self._bind(may_approve=not blocked)
        attributes(box, aria_label=headline(self.view))

    def _bind(self, *, may_approve: bool) -> None:
        bind_keys({"x": lambda: self._acts.reject(self.view)} | ({"a": lambda: self._acts.approve(self.view)} if may_approve else {}))
        with block("mc-suggestion-keys mc-desk-only"):
            for key, said in (("A", _("approve")), ("X", _("reject"))):
                key_hint(key)
                text(said)

    def _ended(self) -> None:
        what, about = ended(self.view)
        with block("mc-card mc-suggestion-done"):
            icon("circle-check" if self.view.state == "executed" else "circle-x", 18, "mc-ink-3" if self.view.state != "executed" else "mc-accent-ink")
            with block("mc-grow mc-truncate", tag="p"):
                text(what, "mc-strong")
                text(f" {about}", "mc-ink-2")
            if self.view.may_undo:
                button(_("Undo"), kind="ghost", height=28, on_click=lambda: self._acts.undo(self.view))


def content(view: SuggestionView, *, written: bool = True) -> None:
    """Exactly what would be done: what stands and what would stand, the words that would be written, why, and from what that was drawn.

    Without ``written`` only what would change of what stands: the rest is shown elsewhere, to be written in.
    """
    reader = live.viewer()
    with block("mc-suggestion-body"):
        if view.trouble:
            with banner(view.trouble):
                pass
        elif view.stale:
            with banner(_("This has changed since it was suggested."), _("What stands now is shown."), kind="info"):
                pass
        with block("mc-suggestion-facts"):
            for change in view.changes:
                if change.field not in (*LONG, "steps") and (written or change.old is not None):
                    _fact(*changes_words(change, reader))
        for change in view.changes if written else ():
            if change.field in LONG:
                text(str(change.new), "mc-suggestion-text mc-user-text", tag="p")
            elif change.field == "steps":
                _steps(change.new)
        if written:
            beneath(view)
        if view.rationale:
            text(view.rationale, "mc-cap mc-ink-2 mc-user-text", tag="p")
        _sources(view)


def beneath(view: SuggestionView) -> None:
    """What is sent under the words of a letter: the mailbox's signature as it stands in the mail, and that what it answers is quoted."""
    if view.signature:
        with block("mc-suggestion-beneath") as box:
            text(LINE + view.signature, "mc-suggestion-text mc-user-text", tag="p")
        attributes(box, role="group", aria_label=_("Signature"))
    if view.payload.get("answers_id"):
        text(_("What it answers is quoted beneath."), "mc-cap", tag="p")


def _steps(titles: Sequence[str]) -> None:
    with block("mc-suggestion-steps mc-user-text", tag="ol"):
        for title in titles:
            text(title, tag="li")


def _fact(label: str, old: str | None, new: str) -> Element:
    with block("mc-suggestion-fact", tag="p") as line:
        text(label, "mc-ink-3")
        if old is not None:
            text(old, "mc-suggestion-old")
            attributes(icon("arrow-right", 14, "mc-ink-3"), aria_hidden=None, aria_label=_("becomes"), role="img")
        text(new)
    return line


def _sources(view: SuggestionView) -> None:
    if view.sources:
        with block("mc-suggestion-sources"):
            for number, source in enumerate(view.sources, start=1):
                with block("mc-suggestion-source", tag="span"):
                    text(str(number), "mc-suggestion-number")
                    link(source.title, source.link, "mc-truncate")
