"""The same process as ``sync_process``, for a drive at Google."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from pydantic import SecretStr

from crm_app.domain.connections.models import ConnectionKind
from crm_app.domain.google.authority import DRIVE
from crm_app.infrastructure.outbound_http import Fetched
from crm_app.jobs.sources import bind_sources
from crm_app.providers.google import GOOGLE, GoogleDrive
from crm_app.providers.google.fake import _Grant
from crm_app.providers.google.fake_drive import FakeDrive
from tests.jobs.sync_process import main
from tests.providers.google.conftest import Unhurried

ROOT, WITHIN, FILES, PAGE = "of-ana", "march", 9, 3
SHEET = "application/vnd.google-apps.spreadsheet"


class Drive(FakeDrive):
    """``before(step)`` is called before each answer and may die."""

    before: Callable[[str], None] = staticmethod(lambda step: None)

    def bind(self) -> Drive:
        """Have drives at Google read from here."""
        self._access["ya29.x"] = _Grant("client", self.email, [DRIVE], "", "")
        bind_sources({ConnectionKind.GOOGLE_DRIVE: lambda _url, _name, _tokens, _gate: GoogleDrive(lambda refused: SecretStr("ya29.x"), self, GOOGLE, Unhurried())})
        return self

    def ask(self, url: str, **how: Any) -> Fetched:
        self.before(url)
        return super().ask(url, **how)

    def words(self) -> dict[str, tuple[str, str]]:
        """What is to be here: name and words of each file that can be a document, by its id."""
        here = {ref: file for ref, file in self.files.items() if not file["trashed"] and set(file.get("parents", ())) & {ROOT, WITHIN}}
        return {ref: (file["name"], self.contents[ref].decode()) for ref, file in here.items() if file["mimeType"] == "text/markdown"}


def account(changes: int) -> Drive:
    """A folder with one in it, files in both and one that can be no document; then, one by one, files that go, come, change, are moved and called otherwise."""
    made = Drive("ana@gmail.com")
    made.page = PAGE
    made.folder("Ana", ref=ROOT)
    made.folder("March", ref=WITHIN, parent=ROOT)
    made.file("Budget", ref="budget", parent=ROOT, mime=SHEET)
    for number in range(FILES):
        _write(made, number, "Walk")
    for number in range(changes):
        which = f"f{1 + number % 7}"
        if number % 5 == 0:
            made.trash(which)
        elif number % 5 == 1:
            _write(made, FILES + number, "New")
        elif number % 5 == 2:
            _write(made, 1 + number % 7, f"Change {number}")
        elif number % 5 == 3:
            made.move(which, (ROOT, WITHIN)[number % 2])
        else:
            made.rename(which, f"Renamed {number}.md")
    return made


def _write(made: Drive, number: int, words: str) -> None:
    made.file(f"Note {number}.md", f"{words} {number}".encode(), ref=f"f{number}", parent=(ROOT, WITHIN)[number % 2], mime="text/markdown")


if __name__ == "__main__":
    main(sys.argv[1], account)
