"""A run of a mail connection: heads first, which say whom a mail concerns, then the words of those that are kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prometheus_client import Counter

from crm_app.domain.connections.plans import Bad, Counts, Plan, Rehearsed
from crm_app.domain.mail import running
from crm_app.domain.mail.reading import MailRefused, read_mails
from crm_app.domain.mail.running import HEAD, WORDS, Folder, Heads
from crm_app.domain.mail.source import FolderRefused, MailChanges, MailSource, RemoteHead
from crm_app.domain.mail.taken import TakenBody, TakenHead
from crm_app.domain.unit_of_work import run_service
from crm_app.jobs.running import Running

MAILS = Counter("crm_sync_mails_total", "Mails that came, changed and went.", ["what"])
PIECE, PIECE_BYTES = 50, 8_000_000
"""So many messages, and so many bytes of them, are read and kept at a time."""


def bring_in(held: Running, plan: Plan, source: MailSource, counts: Counts) -> None:
    """Everything that has changed in the folders that are synced. A folder that does not open keeps no other from coming in."""
    _Run(held, plan, source, counts).go()


class _Run:
    def __init__(self, held: Running, plan: Plan, source: MailSource, counts: Counts) -> None:
        self._held, self._plan, self._source, self._counts = held, plan, source, counts
        self._changed = self._refused = False

    def go(self) -> None:
        """From the list of folders to what is left to do once all of them have been looked at."""
        for folder in run_service(self._held.actor, running.keep_folders, self._plan, self._source.list_folders()):
            try:
                self._look_into(folder)
            except FolderRefused as refusal:
                self._refused = True
                self._counts.add(run_service(self._held.actor, running.note_refusal, self._plan, folder, refusal.reason))
        if not self._plan.dry and (self._changed or self._plan.whole):
            self._held.stop_if_asked()
            if not self._refused:  # what is missed may have moved to the folder that did not open
                self._counts.add(run_service(self._held.actor, running.tidy_up, self._plan))
            run_service(self._held.actor, running.meet, self._plan)

    def _look_into(self, folder: Folder) -> None:
        left = bool(folder.wanted)
        for page in self._source.list_changes(folder.remote.ref, folder.token, self._plan.earliest, whole=self._plan.whole):
            self._counts.total += len(page.present or ())
            self._land(folder, page)
            left = self._changed = True
        if folder.again:
            for heads in self._source.list_heads(folder.remote.ref, folder.again):
                self._land(folder, MailChanges(heads=heads))
                left = True
        if left and not self._plan.dry:
            self._bring_the_rest(folder)

    def _land(self, folder: Folder, page: MailChanges) -> None:
        """Take a page in; the words that it wants come right after it, in transactions of their own."""
        heads, bad = _read_heads(page.heads, self._plan)
        taken = Heads(heads, bad, page.gone, page.flags, page.present, page.token)
        self._held.stop_if_asked()
        try:
            came, wanted = run_service(self._held.actor, running.land_page, self._plan, folder, taken, progress=(self._counts.seen, 0))
        except Rehearsed as rehearsal:
            came, wanted = rehearsal.counts, ()
        self._counts.add(came)
        self._bring_words(folder, wanted)

    def _bring_the_rest(self, folder: Folder) -> None:
        """Words that an earlier run did not live to bring, or of people who became contacts since."""
        asked: set[int] = set()
        while uids := run_service(self._held.actor, running.list_left, self._plan, folder, frozenset(asked)):
            asked.update(uids)
            self._bring_words(folder, uids)

    def _bring_words(self, folder: Folder, uids: Sequence[int]) -> None:
        if not uids:
            return
        for piece in _pieces(self._source.fetch(folder.remote.ref, uids)):
            bodies, bad = _read_bodies(piece)
            self._held.stop_if_asked()
            self._counts.add(run_service(self._held.actor, running.land_words, self._plan, folder, bodies, bad, progress=(self._counts.seen, 0)))


def _read_heads(heads: Sequence[RemoteHead], plan: Plan) -> tuple[list[TakenHead], list[Bad]]:
    taken: list[TakenHead] = []
    bad: list[Bad] = []
    for head, read in zip(heads, read_mails([head.head for head in heads]), strict=True):
        if isinstance(read, MailRefused):
            bad += [] if running.is_earlier(head.received_at, plan) else [Bad(str(head.uid), read.reason, HEAD)]
        else:
            taken.append(TakenHead(head.uid, head.flags, head.size, read, head.received_at))
    return taken, bad


def _read_bodies(piece: Sequence[tuple[int, bytes | str]]) -> tuple[list[TakenBody], list[Bad]]:
    taken: list[TakenBody] = []
    bad = [Bad(str(uid), content, WORDS) for uid, content in piece if isinstance(content, str)]
    whole = [(uid, content) for uid, content in piece if isinstance(content, bytes)]
    for (uid, _content), read in zip(whole, read_mails([content for _uid, content in whole]), strict=True):
        if isinstance(read, MailRefused):
            bad.append(Bad(str(uid), read.reason, WORDS))
        else:
            taken.append(TakenBody(uid, read))
    return taken, bad


def _pieces(found: Iterator[tuple[int, bytes | str]]) -> Iterator[list[tuple[int, bytes | str]]]:
    piece: list[tuple[int, bytes | str]] = []
    size = 0
    for one in found:
        piece.append(one)
        size += len(one[1])
        if len(piece) >= PIECE or size >= PIECE_BYTES:
            yield piece
            piece, size = [], 0
    if piece:
        yield piece
