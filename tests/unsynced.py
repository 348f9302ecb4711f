"""Servers over data that a test throws away: nobody waits until the disk has what they write.

A process that is killed loses nothing by that: what it wrote is the kernel's by then. Only a machine that stops would, and no test stops one. With it
the end of a server, which has to see everything on the disk, takes a fifth of a second instead of a whole one, and the suite ends hundreds of them.
Whatever starts anew in an empty folder (``cold=True``) waits as it does at a host's. All else is as at a host's: a change that was
said to be committed is written, and the log holds whole pages.
"""

from __future__ import annotations

from pathlib import Path

from crm_app.infrastructure.embedded_postgres.cluster import Cluster


def let_go(pgdata: Path) -> None:
    """The server over this data, which does not run, never waits for the disk again."""
    with (pgdata / "postgresql.auto.conf").open("a", encoding="utf-8") as settings:
        settings.write("fsync = off\n")


def here() -> None:
    """So is it with every database that this process makes from now on."""
    fill = Cluster._fill

    def filled(self: Cluster, draft: Path, password: str, locale: list[str], *, durable: bool) -> None:
        fill(self, draft, password, locale, durable=False)
        if durable:  # what is not is told so at each start, and another start may change it
            let_go(draft)

    Cluster._fill = filled  # type: ignore[method-assign]
