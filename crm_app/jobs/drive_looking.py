"""A look at a drive: what has changed since the last one, what is linked since, and all that lies below a folder that is new to us."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import replace

from crm_app.domain.drives import rules
from crm_app.domain.drives.following import Drive, Link, Look
from crm_app.domain.drives.source import SHORTCUT, DriveSource, PlaceLost, RemoteFile
from crm_app.domain.drives.tree import bound, way_up
from crm_app.jobs.running import Running


def look_at(held: Running, drive: Drive, source: DriveSource) -> tuple[Look, dict[str, str]]:
    """What has changed since the last time, and all of what is linked since; everything that is linked when a place is lost, or on demand.

    Beside it the places to go on from.
    """
    if drive.places.get(""):
        look, places = Look(within=dict(drive.within), targets=dict(drive.targets)), dict(drive.places)
        try:
            for shared in sorted(name for name, place in places.items() if place):
                places[shared] = _read(held, source, shared, places[shared], look)
        except PlaceLost:
            pass
        else:
            _Walk(held, drive, source, look, places).follow_changes()
            return look, places
    look, places = Look(whole=True), {"": source.get_place()}
    _Walk(held, drive, source, look, places).look_at(drive.links)
    return look, places


def _read(held: Running, source: DriveSource, shared: str, place: str, look: Look) -> str:
    """One list of changes. What went from one drive to another is told as gone there and as found here, in whichever order."""
    now = place
    for page in source.list_changes(place, shared):
        held.renew()
        for ref in page.gone:
            if ref not in look.files or look.files[ref].drive == shared:
                look.files.pop(ref, None)
                look.gone.add(ref)
        look.files |= {file.ref: file for file in page.files}
        look.gone -= {file.ref for file in page.files}
        now = page.token or now
    return now


class _Walk:
    """Goes into folders, each once in a look, however many links lead there. What lies in circles is met once."""

    def __init__(self, held: Running, drive: Drive, source: DriveSource, look: Look, places: dict[str, str]) -> None:
        self._held, self._drive, self._source, self._look, self._places = held, drive, source, look, places
        self._inside: dict[str, tuple[RemoteFile, ...]] = {}
        self._roots: set[str] = set()

    def look_at(self, links: Iterable[Link]) -> None:
        """Each file, and each folder with all that lies in it, however many contacts it is linked to."""
        for ref, folder in {link.ref: link.folder for link in links}.items():
            self._held.renew()
            found = self._find(ref)
            if found is None:
                self._look.gone.add(ref)
                continue
            self._look.files[ref] = found
            if folder:
                self._go_into(ref, 0, 0)

    def follow_changes(self) -> None:
        """Folders and shortcuts that came below a linked folder are followed, those that lie elsewhere now are known there, and those that went are forgotten."""
        look = self._look
        folders = [file for file in look.files.values() if file.is_folder or rules.leads_to_file(file)]
        elsewhere = [file.ref for file in folders if look.within.get(file.ref) not in file.parents]
        for ref in (*look.gone, *elsewhere):
            look.within.pop(ref, None)
        self.look_at([link for link in self._drive.links if not link.listed or (link.gone and link.folder and link.ref in look.files)])
        here = [link for link in self._drive.links if link.folder and link.ref not in look.gone and (not link.gone or link.ref in look.files)]
        self._roots = {link.ref for link in here}
        waiting = [file for file in folders if file.ref not in look.within]
        while came := [file for file in waiting if file.ref not in look.within and file.ref not in look.shut and self._come(file)]:
            waiting = [file for file in waiting if file not in came]
        look.within = {ref: lies_in for ref, lies_in in look.within.items() if self._root_above(lies_in)}
        look.targets = {ref: target for ref, target in look.targets.items() if ref in look.within}
        if self._drive.within.keys() - look.within.keys():
            self._ask_for_targets()

    def _come(self, folder: RemoteFile) -> bool:
        """Take a folder in with all that lies in it, or a shortcut with what it leads to, if it lies below a linked folder now."""
        for lies_in in folder.parents:
            if (root := self._root_above(lies_in)) is None:
                continue
            ref, deep = root
            many = sum(ref in way_up(self._look.within, one) for one in self._look.within)
            if reason := bound(deep + folder.is_folder, many + 1):
                self._look.shut[folder.ref] = reason
            elif folder.target:
                self._lead(folder, lies_in)
            else:
                self._look.within[folder.ref] = lies_in
                self._go_into(folder.ref, deep + 1, many + 1)
            return True
        return False

    def _root_above(self, folder: str) -> tuple[str, int] | None:
        """The linked folder that a folder lies in, and how deep."""
        return next(((ref, deep) for deep, ref in enumerate(way_up(self._look.within, folder)) if ref in self._roots), None)

    def _go_into(self, folder: str, deep: int, many: int) -> None:
        """What lies nearer comes first. ``deep`` it lies below a linked one, of which so ``many`` folders are known."""
        look, seen, waiting = self._look, {folder}, deque([(folder, deep)])
        while waiting:
            here, deep = waiting.popleft()
            for file in self._list(here):
                if file.ref in seen or not (file.is_folder or rules.leads_to_file(file)):
                    continue
                seen.add(file.ref)
                if file.ref not in look.within and (reason := bound(deep + file.is_folder, many + len(seen) - 1)):
                    look.shut[file.ref] = reason
                    continue
                if file.target:
                    self._lead(file, here)
                    continue
                look.within[file.ref] = here
                look.shut.pop(file.ref, None)
                waiting.append((file.ref, deep + 1))

    def _lead(self, shortcut: RemoteFile, lies_in: str) -> None:
        """What it leads to is asked for, so that it is known when that is not there."""
        look, target = self._look, shortcut.target
        look.within[shortcut.ref], look.targets[shortcut.ref] = lies_in, target
        look.shut.pop(shortcut.ref, None)
        found = self._meet(target)
        if found is None or found.is_folder or found.mime == SHORTCUT:
            look.shut[shortcut.ref] = rules.broken()

    def _ask_for_targets(self) -> None:
        """What a folder takes along, out or into the trash, is not told of: a shortcut may still lead there."""
        for target in sorted({*self._look.targets.values()} - self._look.gone):
            self._meet(target)

    def _meet(self, target: str) -> RemoteFile | None:
        """What a shortcut leads to, asked for unless it is known already; None when it is not there."""
        self._held.renew()
        found = self._look.files.get(target) or self._find(target)
        if found is None:
            self._look.gone.add(target)
        else:
            self._look.files[target] = found
        return found

    def _find(self, ref: str) -> RemoteFile | None:
        """A file or a folder as it is. From the first one of a shared drive on the changes there are followed: so it is asked for anew after that place."""
        found = self._source.find_file(ref)
        if found is None or not found.drive or found.drive in self._places:
            return found
        self._places[found.drive] = self._source.get_place(found.drive)
        return self._source.find_file(ref)

    def _list(self, folder: str) -> tuple[RemoteFile, ...]:
        """What lies in a folder, asked for once. Where the provider does not say of a file that it does, it lies there all the same."""
        if folder not in self._inside:
            found, after = list[RemoteFile](), ""
            while True:
                self._held.stop_if_asked()
                self._held.renew()
                page = self._source.list_files(folder, after=after, drive=self._look.files[folder].drive)
                found += [file if folder in file.parents else replace(file, parents=(*file.parents, folder)) for file in page.files]
                if not page.after or page.after == after:
                    break
                after = page.after
            self._inside[folder] = tuple(found)
            self._look.files |= {file.ref: file for file in found}
            self._look.gone -= {file.ref for file in found}
        return self._inside[folder]
