"""What a provider of files must be able to do; see ``connections.source`` for what it may raise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from crm_app.domain.connections.source import NotThatKind, SourceError

FOLDER: Final = "application/vnd.google-apps.folder"
SHORTCUT: Final = "application/vnd.google-apps.shortcut"
SHARED: Final = "shared-with-me"
"""Stands for everything that others let this account see, as if it were a folder."""
SHARED_DRIVES: Final = "shared-drives"
"""Stands for the shared drives that this account is a member of, as if each were a folder in it."""


class NotADrive(NotThatKind):
    """Somebody answers, and there is no drive."""


class PlaceLost(SourceError):
    """The provider no longer knows the place in its list of changes: everything is looked at once."""

    def __init__(self) -> None:
        super().__init__("")


class FileRefused(SourceError):
    """This one file is not handed over, and would not be if it were asked for again."""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file or a folder over there. ``ref`` names it and never changes; ``mark`` changes whenever its content does, and not with its name.

    ``size`` is in bytes, 0 where it is made only when it is fetched. ``parents`` are the folders that it lies in; a ``closed`` file may not be taken out.
    ``drive`` is the shared drive that it lies in, empty for what is somebody's own. A shortcut leads to ``target``, which is a ``target_mime``; both are
    empty where it leads nowhere.
    """

    ref: str
    name: str
    mime: str
    mark: str = ""
    size: int = 0
    parents: tuple[str, ...] = ()
    modified: datetime | None = None
    closed: bool = False
    target: str = ""
    target_mime: str = ""
    drive: str = ""

    @property
    def is_folder(self) -> bool:
        """Whether it holds others."""
        return self.mime == FOLDER


@dataclass(frozen=True, slots=True)
class FilePage:
    """Some of a list, and what to ask with for more of it (empty: these were the last). ``partly``: the provider has not searched everywhere."""

    files: tuple[RemoteFile, ...]
    after: str = ""
    partly: bool = False


@dataclass(frozen=True, slots=True)
class DriveChanges:
    """A page of what has changed in a list of changes. ``gone`` are refs that were deleted, put in the trash, or are not shared any more.

    ``token`` is what to ask with next time, on the last page alone.
    """

    files: tuple[RemoteFile, ...] = ()
    gone: tuple[str, ...] = ()
    token: str = ""


class DriveSource(Protocol):
    """One account. Every call may raise ``SourceError``; any thread may use it, one at a time."""

    def get_root(self) -> RemoteFile:
        """The folder that everything of the account's own lies in; also the test of whether the connection works."""
        ...

    def list_files(self, folder: str, *, words: str = "", after: str = "", drive: str = "") -> FilePage:
        """What lies in a folder (``SHARED``, ``SHARED_DRIVES``, or ``""`` for the outermost), folders first, by name; with ``words`` what is called so,
        wherever it lies. ``drive`` is the shared drive that the folder lies in.
        """
        ...

    def find_file(self, ref: str) -> RemoteFile | None:
        """One file or folder as it is now; None when it is not there, or in the trash."""
        ...

    def get_place(self, drive: str = "") -> str:
        """Where its list of changes ends just now, or that of a shared drive; empty where this account may not read that."""
        ...

    def list_changes(self, token: str, drive: str = "") -> Iterator[DriveChanges]:
        """What has changed since ``token`` was given, in the account's own list or that of a shared drive: what lies in one is told there alone for certain.

        ``PlaceLost`` when the provider does not know that any more, or does not open it to this account.
        """
        ...

    def fetch(self, file: RemoteFile) -> bytes:
        """What a file holds; of a text document of the provider's own the same as a Word file. ``FileRefused`` for what is not handed over."""
        ...

    def close(self) -> None:
        """Hang up."""
        ...
