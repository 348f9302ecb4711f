"""A line that is there to be copied: a link or a key that is shown once."""

from __future__ import annotations

from nicegui import ui
from nicegui.element import Element

from crm_app.components.elements import icon
from crm_app.components.text import attributes, block, text
from crm_app.domain.i18n import _

# What is copied is what stands in the field beside the button; the words never become part of a script.
_COPY = """async (e) => {
  const field = e.currentTarget.parentElement.querySelector('input'), said = e.currentTarget.querySelector('[role=status]');
  field.select();
  try { await navigator.clipboard.writeText(field.value); } catch { document.execCommand('copy'); }
  said.textContent = said.dataset.done;
  setTimeout(() => { said.textContent = said.dataset.before; }, 2000);
}"""


def copy_field(label: str, value: str) -> Element:
    """The value, and a button that copies it and says so."""
    with block("mc-copy") as row:
        field = ui.element("input").classes("mc-copy-value mc-mono")
        attributes(field, type="text", readonly=True, value=value, aria_label=label)
        field.on("focus", js_handler="(e) => e.target.select()")
        with block("mc-copy-button", tag="button").on("click", js_handler=_COPY) as button:
            icon("copy", 14)
            said = text(_("Copy"))
        attributes(said, role="status", data_done=_("Copied"), data_before=_("Copy"))
        attributes(button, type="button")
    return row
