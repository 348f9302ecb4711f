"""The small pieces: icon, button, chips, avatar, card, row, banner. Each returns its element; data goes down, callbacks come up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from nicegui import ui
from nicegui.element import Element

from crm_app.components.text import Text, attributes, block, link, text
from crm_app.domain.i18n import _

ButtonKind = Literal["primary", "secondary", "soft", "ghost", "danger", "danger-fill", "ai"]
PillKind = Literal["neutral", "ok", "warn", "bad", "info", "ai", "accent"]
Click = Callable[..., Any]


def icon(name: str, size: int = 16, classes: str = "") -> Element:
    """A Lucide icon of the sprite, in the colour of the text beside it, silent to screen readers."""
    # Not ``ui.icon``, which can be bound, coloured and renamed: a page has dozens, and none of them ever is.
    element = block(f"mc-icon {classes}", tag="q-icon")
    if size != 16:
        element.style(f"font-size:{size}px")
    return attributes(element, name=f"lu-{name}", aria_hidden="true")


def key_hint(keys: str) -> Element:
    """The key that does the same, such as ``C`` or ``Ctrl ⏎``. Hidden on phones and from screen readers."""
    return attributes(text(keys, "mc-key", tag="kbd"), aria_hidden="true")


def button(
    label: str = "",
    *,
    kind: ButtonKind = "secondary",
    icon: str | None = None,
    on_click: Click | None = None,
    href: str | None = None,
    key: str | None = None,
    height: Literal[24, 28, 32, 40] = 32,
    disabled_because: str | None = None,
) -> ui.button:
    """A button, or a link that looks like one when ``href`` is given. A disabled one says why in its tooltip."""
    element = ui.button(label, color=None, icon=f"lu-{icon}" if icon else None, on_click=on_click).classes("mc-btn")
    if kind != "secondary":
        element.classes(f"mc-{kind}")
    if height != 32:
        element.classes(f"mc-h{height}")
    if href:
        element.props["href"] = href
    with element:
        if key:
            key_hint(key)
        if disabled_because:
            element.disable()
            ui.tooltip(disabled_because)
    return element


def icon_button(
    icon: str,
    label: str,
    *,
    on_click: Click | None = None,
    kind: ButtonKind = "ghost",
    href: str | None = None,
    key: str | None = None,
    height: Literal[24, 28, 32, 40] = 32,
) -> ui.button:
    """A square button: ``label`` is its tooltip and its name for screen readers."""
    element = button(icon=icon, kind=kind, on_click=on_click, href=href, height=height).classes("mc-square")
    attributes(element, aria_label=label)
    with element:
        tooltip(label, key)
    return element


def tooltip(label: str, key: str | None = None) -> Element:
    """What an element does, and its key, after 400 ms. Stands inside the element."""
    with ui.tooltip(label) as tip:
        if key:
            key_hint(key)
    return tip


@contextmanager
def busy(element: ui.button) -> Iterator[None]:
    """The button turns a spinner and takes no second press while the block runs; its width stays."""
    element.props["loading"] = True
    element.update()
    try:
        yield
    finally:
        if not element.is_deleted:
            element.props["loading"] = False
            element.update()


def stage_chip(label: str, hue: str) -> Element:
    """A lifecycle stage: coloured, with a dot, and always its name."""
    with block(f"mc-chip mc-hue-{hue}", tag="span") as chip:
        block("mc-dot", tag="span")
        text(label)
    return chip


def tag(label: str, *, quiet: bool = False, on_remove: Click | None = None) -> Element:
    """A tag of the team; with ``on_remove`` it carries a small x."""
    with block("mc-tag", tag="span") as element:
        if quiet:
            element.classes("mc-quiet")
        text(label, "mc-tag-text")
        if on_remove is not None:
            with block("mc-tag-remove", tag="button").on("click", on_remove) as remove:
                icon("x", 12)
            attributes(remove, type="button", aria_label=f"{_('Remove')} {label}")
    attributes(element, title=label)
    return element


def tags(labels: Sequence[str], shown: int = 2) -> Element:
    """The first tags, then ``+n`` with the rest in its tooltip."""
    with block("mc-row mc-gap-4", tag="span") as row:
        for label in labels[:shown]:
            tag(label)
        if len(labels) > shown:
            with text(f"+{len(labels) - shown}", "mc-cap"):
                ui.tooltip(", ".join(labels[shown:]))
    return row


def pill(label: str, kind: PillKind = "neutral", *, icon_name: str | None = None) -> Element:
    """A state: synced, overdue, failed. The words carry it, the colour helps."""
    with block("mc-pill" + ("" if kind == "neutral" else f" mc-{kind}"), tag="span") as element:
        if icon_name:
            icon(icon_name, 12)
        text(label)
    return element


@contextmanager
def card(title: str = "", *, ai: bool = False) -> Iterator[Element]:
    """A bordered box with a 44 px head when ``title`` is given; the block fills its body."""
    with block("mc-card" + (" mc-ai" if ai else ""), tag="section") as box:
        if title:
            with block("mc-card-head"):
                if ai:
                    icon("sparkles", classes="mc-ai-ink")
                text(title, "mc-section mc-grow", tag="h2")
        with block("mc-card-body" if title else ""):
            yield box


@contextmanager
def section(title: str, *, count: str = "", level: int = 2) -> Iterator[Element]:
    """A heading with room for actions at its right; the block fills that room."""
    with block("mc-section-head") as head:
        text(title, "mc-section mc-grow", tag=f"h{level}")
        if count:
            text(count, "mc-cap mc-num")
        yield head


@contextmanager
def row(*, href: str | None = None, on_click: Click | None = None, label: str | None = None) -> Iterator[Element]:
    """A row of a list. A link when it leads somewhere; pressable by mouse and keyboard when it does something."""
    element = block("mc-item", tag="a" if href else "div")
    if href:
        element.props["href"] = href
    if on_click is not None:
        element.classes("mc-clickable").on("click", on_click).on("keydown.enter", on_click)
        attributes(element, tabindex=0, role="button")
    if label:
        attributes(element, aria_label=label)
    with element:
        yield element


@contextmanager
def banner(cause: str, consequence: str = "", *, kind: Literal["warn", "bad", "accent", "ok", "info"] = "warn") -> Iterator[Element]:
    """What is wrong, in bold, and what follows from it; the block may add one button."""
    names = {"warn": "triangle-alert", "bad": "circle-alert", "accent": "info", "ok": "circle-check", "info": "info"}
    with block(f"mc-banner mc-{kind}") as element:
        icon(names[kind])
        with block("mc-grow"):
            text(cause, "mc-strong")
            if consequence:
                text(" " + consequence, "mc-ink-2")
        yield element
    if kind == "bad":
        attributes(element, role="alert")


def fact(label: str, value: str | None = None, *, href: str | None = None) -> Element:
    """A name and its value in a record's list; enter it to put something richer than text."""
    with block("mc-fact"):
        text(label)
        with block("mc-row mc-gap-6") as cell:
            if value is not None:
                link(value, href)
    return cell


def progress(fraction: float, label: str, *, thick: bool = False) -> Element:
    """How far something is, from 0 to 1; ``label`` says it in words."""
    share = max(0.0, min(1.0, fraction))
    with block("mc-progress" + (" mc-six" if thick else "")) as bar:
        block(tag="span").style(f"width:{share * 100:.1f}%")
    attributes(bar, role="progressbar", aria_valuemin=0, aria_valuemax=100, aria_valuenow=round(share * 100), aria_label=label)
    return bar


def rule() -> Element:
    """A hairline."""
    return block("mc-rule", tag="hr")


def heading(content: str, classes: str = "mc-title", level: int = 1) -> Text:
    """A heading that keeps the page's outline true."""
    return text(content, classes, tag=f"h{level}")
