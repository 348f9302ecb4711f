"""How a person reads a page of elements: what is shown, what things are called, and what they are.

Roles and names follow the accessibility rules that the real page is held to (axe in Chromium checks those): a test says
"button", "Save" and never a class or an id.
"""

from __future__ import annotations

from collections.abc import Iterator

from nicegui import ui
from nicegui.element import Element
from nicegui.elements.choice_element import ChoiceElement
from nicegui.elements.mixins.disableable_element import DisableableElement

from tests.tabs import drawn

# What a phone shows instead of something else; a tab here is a desktop.
PHONE = frozenset({"mc-phone-only", "mc-bottom", "mc-phone-timer"})
FIELDS = ("textbox", "searchbox", "spinbutton", "combobox", "date")
PRESSED = ("button", "link", "menuitem", "menuitemcheckbox", "menuitemradio", "option", "radio", "tab", "checkbox", "switch")
_TAGS = {"a": "link", "button": "button", "nav": "navigation", "main": "main", "article": "article", "table": "table"}
_BREAKS = frozenset({"div", "p", "li", "tr", "h1", "h2", "h3", "section", "article", "label", "nav", "main"})


def is_enabled(element: Element) -> bool:
    """Whether it can be pressed or typed into."""
    if isinstance(element, DisableableElement) and not element.enabled:
        return False
    return element.props.get("disabled") is not True and element.props.get("loading") is not True


def role(element: Element) -> str:
    """What it is to assistive technology; empty for what is nothing by itself."""
    said = element.props.get("role")
    if said:
        return str(said)
    if isinstance(element, (ui.button, ui.menu_item)):
        return "link" if "href" in element.props else "menuitem" if isinstance(element, ui.menu_item) else "button"
    if isinstance(element, ui.select):
        return "combobox"
    if isinstance(element, (ui.input, ui.textarea)):
        return {"search": "searchbox", "number": "spinbutton"}.get(str(element.props.get("type")), "textbox")
    known = [(ui.switch, "switch"), (ui.checkbox, "checkbox"), (ui.expansion, "button"), (ui.dialog, "dialog"), (ui.menu, "menu")]
    for kind, name in known:
        if isinstance(element, kind):
            return name
    if element.tag == "input":
        return "file" if element.props.get("type") == "file" else "textbox"
    return "heading" if element.tag in ("h1", "h2", "h3") else _TAGS.get(element.tag, "")


def name(element: Element) -> str:
    """What it is called: its label, what labels it, its own words, its placeholder, its title."""
    label = element.props.get("aria-label")
    if label:
        return str(label)
    if labelled := element.props.get("aria-labelledby"):
        return " ".join(words(other) for other in element.client.elements.values() if other.html_id == labelled)
    captions = [other for other in element.client.elements.values() if other.tag == "label" and other.props.get("for") == element.html_id]
    if captions:
        return words(captions[0])
    if isinstance(element, ui.expansion):
        return own_text(element)
    return words(element, spoken=True) or str(element.props.get("placeholder") or element.props.get("title") or "")


def own_text(element: Element) -> str:
    """The text that stands in the element itself, not in what is inside of it."""
    if isinstance(element, (ui.input, ui.textarea)):
        return str(element.error or "")
    if isinstance(element, ChoiceElement):
        return ", ".join(_chosen(element))
    return str(getattr(element, "_text", None) or element.props.get("label") or "")


def _chosen(element: ChoiceElement) -> list[str]:
    values = element.value if isinstance(element.value, list) else [element.value]
    options = element.options if isinstance(element.options, dict) else {option: option for option in element.options}
    return [str(options.get(value, value)) for value in values if value is not None]


def words(element: Element, *, spoken: bool = False) -> str:
    """The words inside an element on one line; ``spoken`` leaves out what screen readers do not say, and menus."""
    return " ".join(" ".join(_pieces(element, spoken)).split())


def lines(element: Element) -> list[str]:
    """What is shown, line by line: a new line wherever a block begins."""
    found: list[str] = []
    _gather(element, found)
    return [line for line in (" ".join(line.split()) for line in found) if line]


def _pieces(element: Element, spoken: bool) -> Iterator[str]:
    if spoken and element.props.get("aria-hidden") == "true":
        return
    yield own_text(element)
    yield from drawn.lines(element)
    for child in shown_children(element):
        if not (spoken and isinstance(child, ui.menu)):
            yield from _pieces(child, spoken)


def _gather(element: Element, found: list[str]) -> None:
    if element.tag in _BREAKS or isinstance(element, (ui.button, ui.menu_item, ui.dialog)) or not found:
        found.append("")
    found[-1] += " " + own_text(element)
    found += drawn.lines(element)
    for child in shown_children(element):
        _gather(child, found)
    if element.tag in _BREAKS:
        found.append("")


def shown_children(element: Element) -> Iterator[Element]:
    """The children that are shown, given that the element itself is."""
    if isinstance(element, ui.expansion) and not element.value:
        return
    for slot in element.slots.values():
        for child in slot.children:
            hidden = not child.visible or PHONE & set(child.classes) or isinstance(child, ui.tooltip)
            if not hidden and not (isinstance(child, (ui.menu, ui.dialog)) and not child.value):
                yield child


def shown(element: Element) -> Iterator[Element]:
    """The element and everything shown inside, in the order of the page."""
    yield element
    for child in shown_children(element):
        yield from shown(child)

