"""Looking into a drive while somebody waits. The composition root says who does that."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from crm_app.domain.actor import Actor
from crm_app.domain.drives.schemas import DriveListing


class Browser(Protocol):
    """Asks a drive as its owner, outside of any transaction."""

    def __call__(self, owner: Actor, connection_id: UUID, *, folder: str = "", words: str = "", after: str = "", drive: str = "") -> DriveListing:
        """A page of a folder (``""``: the outermost), which may lie in the shared drive ``drive``, or of what is called by these words.

        NotFound for another's drive, Unavailable when it cannot be asked.
        """
        ...


class _Binding:
    browser: Browser | None = None


def bind_browser(browser: Browser) -> None:
    """Have drives looked into by this."""
    _Binding.browser = browser


def browse(owner: Actor, connection_id: UUID, *, folder: str = "", words: str = "", after: str = "", drive: str = "") -> DriveListing:
    """A page of an own drive; see ``Browser``. It takes as long as the provider does, so it is called in a thread that may wait."""
    if _Binding.browser is None:
        raise RuntimeError("bind_browser(browser) has not been called")
    return _Binding.browser(owner, connection_id, folder=folder, words=words, after=after, drive=drive)
