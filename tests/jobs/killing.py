"""What tests of syncs that are killed share: a process that syncs and may die at any step, and how everything stands afterwards."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import text

from crm_app.domain.connections import service as connections
from crm_app.domain.unit_of_work import run_service
from tests.cluster import Database
from tests.commands import talk_to_python

FOREVER = 10**9


@contextmanager
def process_of(module: str, database: Database) -> Iterator[Callable[[int, int], str]]:
    """``run(steps, changes)``: a process that syncs what is over there after so many changes, and dies after so many steps; how that went."""
    with process_of_arguments(module, database) as say:
        yield lambda steps, changes: say(f"run {steps} {changes}")


@contextmanager
def process_of_arguments(module: str, database: Database, *arguments: str) -> Iterator[Callable[[str], str]]:
    """``say(line)``: a process of this module that is told a line, and what it answers."""
    with talk_to_python("-m", module, database.server.app_dsn(database.name), *arguments) as process:
        assert process.hear() == "ready"
        yield process.ask


def due_again(database: Database, actor, connection_id) -> None:
    """Have a connection synced by whoever comes next, whatever became of the last one."""
    with database.owner.begin() as connection:
        connection.execute(text("update job set lease_until = now() - interval '1 second', attempts = 0 where state = 'running'"))
    run_service(actor, connections.sync_now, connection_id)


@dataclass
class Trial:
    """A sync that is killed. ``kept`` are the tables of what it brings, ``emptied`` those to begin anew with; ``require_whole`` compares with over there."""

    database: Database
    worker: Callable[[int, int], str]
    due: Callable[[], None]
    kept: Sequence[str]
    emptied: Sequence[str]
    require_whole: Callable[[Database, int], None]

    def killed_at_steps(self, count: int) -> None:
        """As many steps as there are, evenly spread: killed there, then a process that is left alone, then one that finds nothing to do; then the same with changes."""
        total = self.whole()
        assert total > 100
        for number in range(min(count, total)):
            self.empty()
            steps = number * total // min(count, total)
            for changes in (0, 11):
                said = self.begin(steps, changes)
                assert said == "killed" or (changes and int(said.removeprefix("done ")) <= steps), f"after step {steps}: {said}"
                self.require_end(changes, f"after step {steps}")

    def killed_at_random(self, count: int) -> None:
        """Killed up to four times in a row, each time somewhere else, while things change over there."""
        chance = random.Random(20261126)
        total = self.whole()
        for point in range(count):
            self.empty()
            changes = 0
            for _life in range(chance.randint(1, 4)):
                self.begin(chance.randrange(total), changes)
                changes += chance.randrange(4)
            self.require_end(changes, f"point {point}")

    def whole(self) -> int:
        """How many steps a sync of everything takes. The first one also asks the server who it is, which none of those to be killed does."""
        self.finish(0)
        self.empty()
        return self.finish(0)

    def begin(self, steps: int, changes: int) -> str:
        """A process that dies after so many steps, or is done before that; it never fails."""
        self.due()
        said = self.worker(steps, changes)
        assert said == "killed" or said.startswith("done "), said
        return said

    def finish(self, changes: int) -> int:
        """A process that is left alone; how many steps it took."""
        said, steps = self.begin(FOREVER, changes).split()
        assert said == "done"
        return int(steps)

    def require_end(self, changes: int, when: str) -> None:
        """The next process brings the rest, and the one after it finds nothing to do."""
        self.finish(changes)
        self.require_whole(self.database, changes)
        with self.database.owner.begin() as connection:  # what could not be read is tried again after a time that chance chose: perhaps at once
            connection.execute(text("update sync_problem set retry_at = now() + interval '1 day' where retry_at is not null"))
        before = self.standing()
        self.finish(changes)
        assert self.standing() == before, f"{when}: a second sync wrote something"

    def standing(self) -> dict[str, list[tuple[str, str]]]:
        """Every row that was brought, with the transaction that wrote it."""
        with self.database.owner.connect() as connection:
            return {name: [(row[0], row[1]) for row in connection.execute(text(f"select xmin::text, t::text from {name} t order by 2"))] for name in self.kept}

    def empty(self) -> None:
        """As if nothing had ever been synced."""
        with self.database.owner.begin() as connection:
            for table in self.emptied:
                connection.execute(text(f"delete from {table}"))
