"""Where a file is dropped or chosen."""

from __future__ import annotations

from crm_app.components.elements import icon
from crm_app.components.text import Text, attributes, block, text
from crm_app.components.uploading import Arrived, Sending
from crm_app.domain.i18n import _


class FileDrop:
    """A dashed box: press it, press Enter on it, or drop a file of at most ``limit`` megabytes, or ``several`` of them. ``arrived`` gets each upload's id."""

    def __init__(self, purpose: str, title: str, hint: str, accept: str, arrived: Arrived, *, limit: int = 100, several: bool = False) -> None:
        with block("mc-drop-zone mc-file-drop", tag="label") as self.element:
            with block("mc-tile", tag="span"):
                icon("file-up", 18)
            text(title, "mc-strong", tag="span")
            self._hint: Text = text(hint, "mc-cap", tag="span")
            text(_("Choose files") if several else _("Choose a file"), "mc-btn mc-h28", tag="span")
            chooser = block("mc-visually-hidden", tag="input")
        self._plain_hint = hint
        attributes(chooser, type="file", accept=accept, multiple=several or None, aria_label=title)
        attributes(self._hint, role="status")
        sending = Sending(purpose, limit, arrived, self._tell, several=several)
        sending.from_chooser(chooser)
        sending.from_drop(self.element)

    def _tell(self, share: int | None) -> None:
        self._hint.set_text(self._plain_hint if share is None else _("On its way: %d %%") % share)
