"""Doing the next piece of work while this one is used."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Piece = TypeVar("Piece")


def read_ahead(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """The same pieces, the next one being made in a thread of its own. What they are made with is that thread's alone meanwhile."""
    nothing = object()
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as beside:
        coming = beside.submit(next, pieces, nothing)  # type: ignore[arg-type]
        while (piece := coming.result()) is not nothing:
            coming = beside.submit(next, pieces, nothing)  # type: ignore[arg-type]
            yield piece  # type: ignore[misc]
