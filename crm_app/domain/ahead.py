"""Doing the next piece of work while this one is used."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

Piece = TypeVar("Piece")


def read_ahead(pieces: Iterator[Piece]) -> Generator[Piece, None, None]:
    """The same pieces, the next one being made in a thread of its own. What they are made with is that thread's alone meanwhile.

    Whoever may stop early closes it (``contextlib.closing``): then nothing is being made any more.
    """
    nothing, context = object(), copy_context()
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as beside:
        coming = beside.submit(context.run, next, pieces, nothing)  # type: ignore[arg-type]
        while (piece := coming.result()) is not nothing:
            coming = beside.submit(context.run, next, pieces, nothing)  # type: ignore[arg-type]
            yield piece  # type: ignore[misc]
