"""A side column that becomes a drawer where the window is too narrow for it: a button opens it, Escape closes it, focus stays in and comes back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nicegui.element import Element

from crm_app.components.elements import icon_button
from crm_app.components.text import attributes, block, text
from crm_app.domain.i18n import _

# All of it happens in the browser: whether a column is a drawer is the stylesheet's to say, and opening it asks the server nothing.
_OPEN = """() => {
  const page = document.querySelector(".mc-page"), drawer = page.querySelector(".mc-drawer"), opener = page.querySelector(".mc-drawer-opener");
  const close = () => page.querySelector(".mc-drawer-scrim")?.click();
  page.classList.add("mc-drawer-open");
  drawer.setAttribute("role", "dialog");
  drawer.setAttribute("aria-modal", "true");
  opener.setAttribute("aria-expanded", "true");
  drawer.focus();
  matchMedia("(min-width: 1280px)").addEventListener("change", close, { once: true });
  // On the document, since what had the focus may be redrawn, and the focus then stands nowhere.
  const keys = (e) => {
    if (!drawer.isConnected || !page.classList.contains("mc-drawer-open")) return document.removeEventListener("keydown", keys);
    if (document.querySelector(".q-dialog[aria-modal=true], .q-menu")) return;
    if (e.key === "Escape") { e.preventDefault(); close(); return; }
    if (e.key !== "Tab") return;
    const all = [...drawer.querySelectorAll("a[href],button:not([disabled]),input,textarea,[tabindex='0']")].filter((one) => one.offsetParent);
    const first = all[0], last = all[all.length - 1], at = document.activeElement, inside = drawer.contains(at) && at !== drawer;
    if (!inside || at === (e.shiftKey ? first : last)) { e.preventDefault(); (e.shiftKey ? last : first).focus(); }
  };
  document.addEventListener("keydown", keys);
}"""
_CLOSE = """() => {
  const page = document.querySelector(".mc-page"), drawer = page.querySelector(".mc-drawer"), opener = page.querySelector(".mc-drawer-opener");
  if (!page.classList.contains("mc-drawer-open")) return;
  page.classList.remove("mc-drawer-open");
  drawer.setAttribute("role", "complementary");
  drawer.removeAttribute("aria-modal");
  opener.setAttribute("aria-expanded", "false");
  opener.focus();
}"""


def drawer_button(label: str) -> Element:
    """Opens the page's drawer. It is there only where the column is a drawer."""
    button = icon_button("panel-right", label).classes("mc-drawer-opener")
    button.on("click", js_handler=_OPEN)
    return attributes(button, aria_haspopup="dialog", aria_expanded="false")


@contextmanager
def drawer(label: str, classes: str = "") -> Iterator[Element]:
    """The column; one for a page. The block fills it."""
    block("mc-drawer-scrim").on("click", js_handler=_CLOSE)
    with attributes(block(f"mc-drawer {classes}"), role="complementary", aria_label=label, tabindex=-1) as column:
        with block("mc-drawer-head"):
            text(label, "mc-section mc-grow", tag="p")
            icon_button("x", _("Close")).on("click", js_handler=_CLOSE)
        yield column
