"""Where a file is dropped or chosen. It goes to ``/uploads`` as it is, in one request of its own, and never over the page's socket."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from nicegui.events import GenericEventArguments

from crm_app.components import feedback
from crm_app.components.elements import icon
from crm_app.components.text import Text, attributes, block, text
from crm_app.domain.i18n import _

# Runs in the browser: sends the file and tells the server's page how far it is. The address is fixed by this module.
_SEND = """(e) => {
  e.preventDefault();
  const file = (e.dataTransfer || e.target).files[0];
  if (!file) return;
  if (e.target.value) setTimeout(() => { e.target.value = ''; }, 0);
  const request = new XMLHttpRequest();
  let told = 0;
  request.open('POST', (window.path_prefix || '') + '/uploads/PURPOSE');
  request.setRequestHeader('X-File-Name', encodeURIComponent(file.name));
  request.setRequestHeader('Content-Type', 'application/octet-stream');
  request.upload.onprogress = (p) => {
    const share = Math.floor(100 * p.loaded / p.total);
    if (share >= told + 10) { told = share; emit({ share }); }
  };
  request.onload = () => emit({ status: request.status, body: request.responseText.slice(0, 4000) });
  request.onerror = () => emit({ status: 0, body: '' });
  emit({ share: 0 });
  request.send(file);
}"""
_OVER = "(e) => { e.preventDefault(); }"

Arrived = Callable[[UUID], Awaitable[Any]]


class FileDrop:
    """A dashed box: press it, press Enter on it, or drop a file. ``arrived`` gets the upload's id."""

    def __init__(self, purpose: str, title: str, hint: str, accept: str, arrived: Arrived) -> None:
        self._arrived = arrived
        with block("mc-drop-zone mc-file-drop", tag="label") as self.element:
            with block("mc-tile", tag="span"):
                icon("file-up", 18)
            text(title, "mc-strong", tag="span")
            self._hint: Text = text(hint, "mc-cap", tag="span")
            text(_("Choose a file"), "mc-btn mc-h28", tag="span")
            chooser = block("mc-visually-hidden", tag="input")
        self._plain_hint = hint
        attributes(chooser, type="file", accept=accept, aria_label=title)
        attributes(self._hint, role="status")
        send = _SEND.replace("PURPOSE", purpose)
        chooser.on("change", self._heard, js_handler=send)
        self.element.on("drop", self._heard, js_handler=send)
        self.element.on("dragover", js_handler=_OVER)

    async def _heard(self, event: GenericEventArguments) -> None:
        said: dict[str, Any] = event.args if isinstance(event.args, dict) else {}
        if "share" in said:
            self._hint.set_text(_("On its way: %d %%") % min(100, int(said["share"])))
            return
        self._hint.set_text(self._plain_hint)
        answer = _parsed(str(said.get("body", "")))
        upload_id = _uuid(answer.get("upload_id"))
        if said.get("status") == 201 and upload_id:
            await self._arrived(upload_id)
            return
        refusal = answer.get("error")
        sentence = refusal.get("message") if isinstance(refusal, dict) else None
        feedback.toast(str(sentence or _("The file did not arrive. Check the connection and choose it again.")), kind="bad")


def _parsed(body: str) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None

