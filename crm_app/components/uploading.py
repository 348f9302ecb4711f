"""Sending files: each as it is, in one request of its own to ``/uploads``, and never over the page's socket."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from nicegui.element import Element
from nicegui.events import GenericEventArguments

from crm_app.components import feedback
from crm_app.domain.i18n import _

# Runs in the browser: sends one file after the other and tells the server's page how far each is. The address is fixed by this module.
# Words that are dragged into a text stay the browser's own business.
_SEND = """(e) => {
  const files = [...(e.dataTransfer || e.target).files].slice(0, MOST);
  if (files.length || !e.target.matches('textarea, input')) e.preventDefault();
  if (e.target.type === 'file') setTimeout(() => { e.target.value = ''; }, 0);
  const next = () => {
    const file = files.shift();
    if (!file) return;
    if (file.size > LIMIT) { emit({ status: 413, body: '' }); next(); return; }
    const request = new XMLHttpRequest();
    let told = 0;
    request.open('POST', (window.path_prefix || '') + '/uploads/PURPOSE');
    request.setRequestHeader('X-File-Name', encodeURIComponent(file.name));
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.upload.onprogress = (p) => {
      const share = Math.floor(100 * p.loaded / p.total);
      if (share >= told + 10) { told = share; emit({ share }); }
    };
    request.onload = () => { emit({ status: request.status, body: request.responseText.slice(0, 4000) }); next(); };
    request.onerror = () => { emit({ status: 0, body: '' }); next(); };
    emit({ share: 0 });
    request.send(file);
  };
  next();
}"""
_OVER = "(e) => { if ([...e.dataTransfer.types].includes('Files') || !e.target.matches('textarea, input')) e.preventDefault(); }"
MOST_AT_ONCE = 20

Arrived = Callable[[UUID], Awaitable[Any]]


class Sending:
    """``arrived`` gets the upload's id; ``told`` the percentage while a file is on its way, and None when that is over.

    ``limit`` is in megabytes; a larger file is not sent. Of ``several`` that are chosen each is sent, else the first alone. Whatever goes wrong is said
    in a toast.
    """

    def __init__(self, purpose: str, limit: int, arrived: Arrived, told: Callable[[int | None], Any], *, several: bool = False) -> None:
        most = MOST_AT_ONCE if several else 1
        self._script = _SEND.replace("PURPOSE", purpose).replace("LIMIT", str(limit * 1_000_000)).replace("MOST", str(most))
        self._limit = limit
        self._arrived = arrived
        self._told = told

    def from_chooser(self, chooser: Element) -> None:
        """Send what is chosen in this file input."""
        chooser.on("change", self._heard, js_handler=self._script)

    def from_drop(self, element: Element) -> None:
        """Send what is dropped on this element, whatever stands in it."""
        element.on("drop", self._heard, js_handler=self._script)
        element.on("dragover", js_handler=_OVER)

    async def _heard(self, event: GenericEventArguments) -> None:
        said: dict[str, Any] = event.args if isinstance(event.args, dict) else {}
        if "share" in said:
            self._told(min(100, int(said["share"])))
            return
        self._told(None)
        answer = _parsed(str(said.get("body", "")))
        upload_id = _uuid(answer.get("upload_id"))
        if said.get("status") == 201 and upload_id:
            await self._arrived(upload_id)
            return
        refusal = answer.get("error")
        sentence = refusal.get("message") if isinstance(refusal, dict) else None
        if said.get("status") == 413:
            sentence = sentence or _("This file is larger than %d MB. Choose a smaller one.") % self._limit
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
