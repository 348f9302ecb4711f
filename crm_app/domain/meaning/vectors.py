"""Vectors: how they are kept, compared, and told apart by a few signs. Pure.

A search looks through the signs of all passages and compares the vectors of the nearest few hundred. Signs say on which side of two thresholds each number
of a vector is: half a spread below and above what it is in the middle of all vectors of its model. So a number that is nothing out of the ordinary counts
half, and one that hardly ever moves as much as any other. Of the ten nearest of a hundred thousand passages 97 in a hundred are among the 700 that share
most of these signs (``benchmarks/RESULTS.md``); with one sign a number, around the middle, it was 91 among a thousand.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from math import sqrt
from operator import mul
from struct import pack as _pack
from struct import unpack as _unpack
from typing import NamedTuple

Vector = Sequence[float]

WIDTH = 768
"""So many signs a passage has, whatever the width of its model's vectors."""
NUMPY = find_spec("numpy") is not None
_TURN, _MODULUS = 2_654_435_761, 1 << 32
_APART = 0.45


class Common(NamedTuple):
    """What the vectors of a model have in common: what each number is in the middle, and how far it strays from there."""

    centre: Vector
    spread: Vector


def unit(vector: Vector) -> tuple[float, ...]:
    """The same direction with length one. A vector of nothing stays nothing."""
    length = sqrt(sum(map(mul, vector, vector)))
    return tuple(value / length for value in vector) if length else tuple(vector)


def pack(vector: Vector) -> bytes:
    """Two bytes a number: what that takes from a cosine is less than a thousandth."""
    return _pack(f"<{len(vector)}e", *vector)


def unpack(packed: bytes) -> tuple[float, ...]:
    """What was packed."""
    return _unpack(f"<{len(packed) // 2}e", packed)


def common_of(vectors: Sequence[Vector]) -> Common:
    """What vectors have in common."""
    centre = tuple(sum(values) / len(vectors) for values in zip(*vectors, strict=True))
    spread = (sqrt(sum((value - middle) ** 2 for value in values) / len(vectors)) for values, middle in zip(zip(*vectors, strict=True), centre, strict=True))
    return Common(centre, tuple(spread))


def pack_common(common: Common) -> bytes:
    """Both, one after the other."""
    return pack((*common.centre, *common.spread))


def unpack_common(packed: bytes) -> Common:
    """What was packed."""
    numbers = unpack(packed)
    return Common(numbers[: len(numbers) // 2], numbers[len(numbers) // 2 :])


def width_of(packed: bytes) -> int:
    """Of how many numbers the vectors are whose common was packed."""
    return len(packed) // 4


def signs_of(vector: Vector, common: Common) -> str:
    """``WIDTH`` signs as PostgreSQL writes bits.

    Two for each number of a vector that leaves room for these. Wider ones are folded onto as many places, each number with a sign of its own, and have
    one a place. What is left stays 0.
    """
    apart = [value - middle for value, middle in zip(vector, common.centre, strict=True)]
    if len(apart) * 2 <= WIDTH:
        edges = [_APART * spread for spread in common.spread]
        said = [value > edge for value, edge in zip(apart, edges, strict=True)] + [value > -edge for value, edge in zip(apart, edges, strict=True)]
    else:
        folded = apart[:WIDTH]
        for place in range(WIDTH, len(apart)):
            folded[place % WIDTH] += apart[place] if place * _TURN % _MODULUS < _MODULUS // 2 else -apart[place]
        said = [value > 0 for value in folded]
    return "".join("1" if one else "0" for one in said).ljust(WIDTH, "0")


def nearness(one: Vector, other: Vector, centre: Vector) -> float:
    """The cosine of two vectors as seen from the centre, which tells more than their own: of any two of a model these may be 0.8."""
    first, second = ([value - middle for value, middle in zip(vector, centre, strict=True)] for vector in (one, other))
    lengths = sqrt(sum(map(mul, first, first)) * sum(map(mul, second, second)))
    return sum(map(mul, first, second)) / lengths if lengths else 0.0


def nearest(asked: Vector, known: bytes) -> list[int]:
    """The places of vectors that stand packed one after the other, the one with the highest cosine first; equals in their order. All have length one."""
    cosines = (_cosines if NUMPY else _plain_cosines)(asked, known)
    return sorted(range(len(cosines)), key=lambda place: -cosines[place])


def _plain_cosines(asked: Vector, known: bytes) -> list[float]:
    numbers, width = unpack(known), len(asked)
    return [sum(map(mul, asked, numbers[at : at + width])) for at in range(0, len(numbers), width)]


def _cosines(asked: Vector, known: bytes) -> list[float]:
    """The same ten times as fast, where numpy is there: it comes with the extra ``semantic``."""
    import numpy

    return (numpy.frombuffer(known, "<f2").reshape(-1, len(asked)).astype("f4") @ numpy.asarray(asked, "f4")).tolist()  # type: ignore[no-any-return]
