"""The mark, and the two overlapping ripple discs that stand where there is nothing yet."""

from __future__ import annotations

from nicegui.element import Element

from crm_app.components.text import attributes, block


def shape(name: str, **values: str | float) -> Element:
    """One SVG element; attribute names as SVG writes them, with ``_`` for ``-``."""
    element = block(tag=name)
    for key, value in values.items():
        element.props[key.replace("_", "-")] = str(value)
    return element


def svg(width: float, height: float, view_box: str, classes: str = "", *, label: str | None = None) -> Element:
    """A drawing. With ``label`` it is an image that says so, else it is silent decoration."""
    element = shape("svg", width=f"{width:g}", height=f"{height:g}")
    element.props["viewBox"] = view_box
    if classes:
        element.classes(classes)
    return attributes(element, role="img", aria_label=label) if label else attributes(element, aria_hidden="true")


def logo(size: int = 24) -> Element:
    """Two circles that meet: the product's mark."""
    with svg(size, size, "0 0 24 24", "mc-logo") as mark:
        shape("rect", width=24, height=24, rx=7).classes("mc-logo-tile")
        for x in (9.7, 14.3):
            shape("circle", cx=x, cy=12, r=4.9).classes("mc-logo-ring")
        shape("path", d="M12 7.67a4.9 4.9 0 0 1 0 8.66 4.9 4.9 0 0 1 0-8.66z").classes("mc-logo-lens")
    if size != 24:
        mark.style(f"width:{size}px;height:{size}px")
    return mark


def ripple(*, broken: bool = False) -> Element:
    """The motif of empty places; ``broken`` for errors, its second ring dashed in red."""
    with svg(300, 170, "0 0 300 170", "mc-ripple") as drawing:
        for x in (126, 174):
            for radius in (38, 60, 84):
                ring = shape("circle", cx=x, cy=85, r=radius)
                if broken and x == 174:
                    ring.classes("mc-broken")
    return drawing
