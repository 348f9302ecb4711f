"""Text in the right element, attributes without parsing, and links that lead only where links may."""

from __future__ import annotations

from typing import TypeVar
from urllib.parse import quote, urlsplit

from nicegui import ui
from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement

E = TypeVar("E", bound=Element)
SAFE_SCHEMES = frozenset({"http", "https", "mailto", "tel"})


class Text(TextElement):
    """Plain text in an element of your choice; never markup."""

    def __init__(self, text: str = "", *, tag: str = "span", classes: str = "") -> None:
        super().__init__(tag=tag, text=text)
        if classes:
            self.classes(classes)


def text(content: str, classes: str = "", *, tag: str = "span") -> Text:
    """``content`` as a ``<span>`` (or another ``tag``) with our ``mc-`` classes."""
    return Text(content, tag=tag, classes=classes)


def block(classes: str = "", *, tag: str = "div") -> Element:
    """A bare element to stand other things in."""
    return ui.element(tag).classes(classes)


def attributes(element: E, **values: str | int | bool | None) -> E:
    """Set attributes by name (``aria_label`` becomes ``aria-label``); None removes. Values are never parsed, so any text is safe.

    What is as it was is not sent again.
    """
    named = {name.rstrip("_").replace("_", "-"): value for name, value in values.items()}
    for key in [key for key, value in named.items() if value is None and key in element.props]:
        del element.props[key]
    element.props.update({key: value for key, value in named.items() if value is not None and element.props.get(key) != value})
    return element


def safe_link(address: str | None) -> str | None:
    """``address`` when it is http, https, mailto, tel or a path of ours; else None. Nothing else may become a link."""
    if not address:
        return None
    cleaned = address.strip()
    # Browsers drop control characters and turn backslashes around, which makes another address of it.
    if "\\" in cleaned or not cleaned.isprintable():
        return None
    if cleaned.startswith("/") and not cleaned.startswith("//"):
        return cleaned
    try:
        parts = urlsplit(cleaned)
    except ValueError:
        return None
    if parts.scheme.lower() not in SAFE_SCHEMES:
        return None
    return cleaned if parts.scheme.lower() in ("mailto", "tel") or parts.netloc else None


def mail_link(address: str) -> str:
    """``mailto:`` for one address; nothing in it can add headers."""
    return "mailto:" + quote(address.strip(), safe="@.+-_'")


def phone_link(number: str) -> str:
    """``tel:`` for one number, digits and a leading plus only."""
    return "tel:" + "".join(ch for ch in number if ch.isdigit() or ch == "+")


def link(label: str, address: str | None, classes: str = "mc-link") -> Element:
    """An ``<a>`` when ``address`` is safe, else plain text. Links elsewhere open in a new tab and tell nobody where from."""
    target = safe_link(address)
    if target is None:
        return Text(label)
    element = Text(label, tag="a", classes=classes)
    element.props["href"] = target
    if not target.startswith("/"):
        element.props["rel"] = "noopener noreferrer"
        if target.lower().startswith("http"):
            element.props["target"] = "_blank"
    return element
