"""Whatever happens in a drive, after a look the documents of a contact are what lies below their folder: a machine that acts at random, and an oracle."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy import text

from crm_app.domain.drives.source import FOLDER, SHORTCUT
from crm_app.providers.google.fake_drive import ROOT, FakeDrive
from tests.domain.people import contact
from tests.jobs.test_google import go, sign_in
from tests.jobs.test_google_drive import ana, fake, key, link

__all__ = ["ana", "fake", "go", "key", "link", "sign_in"]
FILE = "text/markdown"
ACTS = ("write", "change", "folder", "shortcut", "move", "move", "name", "trash", "restore")


def below(fake: FakeDrive, folder: str) -> set[str]:
    """The files that are somewhere in a folder, themselves or by a shortcut; in the trash is nothing."""
    found: set[str] = set()
    for ref, file in fake.files.items():
        if file["trashed"] or folder not in file.get("parents", ()):
            continue
        if file["mimeType"] == FILE:
            found.add(ref)
        elif file["mimeType"] == SHORTCUT:
            target = file["shortcutDetails"]["targetId"]
            found |= {target} if target in fake.files and not fake.files[target]["trashed"] else set()
        else:
            found |= below(fake, ref)
    return found


def way_up(fake: FakeDrive, ref: str) -> list[str]:
    """A folder and those that it lies in."""
    way = [ref]
    while parents := fake.files[way[-1]].get("parents"):
        way.append(parents[0])
    return way


class Machine(RuleBasedStateMachine):
    """A folder with one in it and one in that, one elsewhere, files in each and shortcuts; then some acts and a look, again and again."""

    fake: FakeDrive
    world: dict[str, Any]

    @initialize(page=st.sampled_from([1, 2, 100]))
    def begin(self, page: int) -> None:
        database, fake = self.world["database"], self.fake
        with database.owner.begin() as connection:
            for table in ("job", "drive_file", "drive_folder", "drive_link", "document", "sync_problem"):
                connection.execute(text(f"delete from {table}"))
        for ref in set(fake.files) - {ROOT}:
            fake.forget(ref)
        fake.page, self.count = page, 0
        self.root = fake.folder("Ana")
        inner = fake.folder("Inner", parent=self.root)
        for place in (self.root, inner, fake.folder("Innermost", parent=inner), fake.folder("Elsewhere"), ROOT):
            self._write(place)
        for target in self._refs(FILE):
            fake.shortcut("Way", target, parent=inner)
        self.contact = contact(self.world["alice"])
        self.world["link"](self.root, folder=True, to=self.contact)
        self._compare()

    def _refs(self, kind: str = "") -> list[str]:
        return sorted(ref for ref, one in self.fake.files.items() if ref not in (ROOT, self.root) and one["mimeType"].startswith(kind))

    def _write(self, place: str) -> None:
        self.count += 1
        self.fake.file(f"{self.count}.md", b"Note %d" % self.count, parent=place, mime=FILE)

    def _act(self, what: str, one: int, other: int) -> None:
        """``one`` and ``other`` say which, round and round."""
        fake, places = self.fake, [self.root, ROOT, *self._refs(FOLDER)]
        ref, place = self._refs()[one % len(self._refs())], places[other % len(places)]
        if what == "write":
            self._write(place)
        elif what == "change" and fake.files[ref]["mimeType"] == FILE:
            fake.file(fake.files[ref]["name"], b"Change %d" % one, ref=ref, parent=fake.files[ref]["parents"][0], mime=FILE)
        elif what == "folder":
            fake.folder("Folder", parent=place)
        elif what == "shortcut":
            fake.shortcut("Way", self._refs(FILE)[one % len(self._refs(FILE))], parent=place)
        elif what == "move" and ref not in way_up(fake, place):  # into itself, or what lies in it, Google lets nothing go
            fake.move(ref, place)
        elif what == "name":
            fake.rename(ref, f"Called {one}.md")
        elif what in ("trash", "restore") and fake.files[ref]["mimeType"] == FOLDER and self.root not in way_up(fake, ref):
            return  # what a folder elsewhere takes along is not told of: a file in it that a shortcut leads to is missed by the daily look alone
        elif what == "trash" and not fake.files[ref]["trashed"]:
            fake.trash(ref)
        elif what == "restore" and fake.files[ref]["trashed"] and not any(fake.files[above]["trashed"] for above in way_up(fake, ref)[1:]):
            fake.restore(ref)

    @rule(acts=st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=4), full=st.sampled_from([False, False, True]))
    def live(self, acts: list[tuple[str, int, int]], full: bool) -> None:
        for act in acts:
            self._act(*act)
        self.world["go"](self.world["key"], full=full)
        self._compare()

    def _compare(self) -> None:
        with self.world["database"].owner.connect() as connection:
            found = connection.execute(text("select source_ref, name, text from document where contact_id = :who and not source_gone"), {"who": self.contact}).all()
        there = {ref: (self.fake.files[ref]["name"], self.fake.contents[ref].decode()) for ref in below(self.fake, self.root)}
        assert {ref: (name, words) for ref, name, words in found} == there and len(found) == len(there)


def test_both_sides_are_equal_after_a_look(database, alice, fake, key, link, go):
    Machine.fake, Machine.world = fake, {"database": database, "alice": alice, "key": key, "link": link, "go": go}
    plan = settings(max_examples=12, stateful_step_count=6, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), print_blob=True)
    run_state_machine_as_test(Machine, settings=plan)
