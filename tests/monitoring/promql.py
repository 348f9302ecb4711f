"""So much of Prometheus' language as the rules of alarm use, reckoned over series that a test makes up, one sample a minute.

``increase`` adds up what a counter gained, also over a restart, and does not stretch it to the ends of its range as Prometheus does: the thresholds
of the rules are no matter of a sample. Everything else that is not known here is a SyntaxError.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

Labels = frozenset[tuple[str, str]]
Vector = dict[Labels, float]
Value = float | Vector
STEP, STALE, BEGIN = 60.0, 300.0, 1_000_000_000.0

_TOKEN = re.compile(r'\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<word>[a-z_][a-z0-9_]*)|(?P<string>"[^"]*")|(?P<sign>==|!=|=~|>=|<=|[-+*/(){}\[\],=<>]|\d))')
_RANGE = re.compile(r"\[(\d+)([mh])\]")
_SIGNS: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, ">": operator.gt, "<": operator.lt, "==": operator.eq,
}  # fmt: skip
_LEVELS = (("and",), ("==", ">", "<"), ("+", "-"), ("*", "/"))
_OVER: Mapping[str, Callable[[list[float]], float]] = {
    "increase": lambda values: sum(later - before if later >= before else later for before, later in zip(values, values[1:], strict=False)),
    "delta": lambda values: values[-1] - values[0],
}
_TOGETHER: Mapping[str, Callable[[list[float]], float]] = {"sum": sum, "max": max, "min": min}


@dataclass(frozen=True)
class Selector:
    """A metric by its name, and what its labels must be: the whole value, as an expression."""

    name: str
    labels: tuple[tuple[str, str], ...]


class Series:
    """``{'name{label="value"}': [one figure a minute]}``; None where nothing was measured."""

    def __init__(self, given: Mapping[str, list[float | None]]) -> None:
        self._rows = [(*_parsed(name), values) for name, values in given.items()]

    def window(self, wanted: Selector, moment: float, seconds: float) -> dict[Labels, list[float]]:
        """What each series that fits had in the seconds up to a moment, oldest first."""
        found: dict[Labels, list[float]] = {}
        for name, labels, values in self._rows:
            if name == wanted.name and all(re.fullmatch(expression, dict(labels).get(label, "")) for label, expression in wanted.labels):
                times = ((BEGIN + place * STEP, value) for place, value in enumerate(values))
                kept = [value for at, value in times if value is not None and moment - seconds < at <= moment]
                if kept:
                    found[labels] = kept
        return found


class Expression:
    """One expression: what it selects, and what it is worth at a moment."""

    def __init__(self, text: str) -> None:
        self._text, self._place = text, 0
        self.selectors: list[Selector] = []
        self.grouped: list[tuple[str, ...]] = []
        self._tree = self._level(0)
        if self._peek():
            raise SyntaxError(f"{self._peek()!r} is left over in {text!r}")

    def at(self, series: Series, moment: float) -> Value:
        """Its worth: a number, or one for each set of labels for which it holds."""
        return self._tree(series, moment)

    def _peek(self) -> str:
        found = _TOKEN.match(self._text, self._place)
        return found.group().strip() if found else self._text[self._place :].strip()

    def _take(self, *expected: str) -> str:
        found = _TOKEN.match(self._text, self._place)
        if found is None or (expected and found.group().strip() not in expected):
            raise SyntaxError(f"{expected or 'something'} is missing at {self._text[self._place:]!r}")
        self._place = found.end()
        return found.group().strip()

    def _level(self, level: int) -> Callable[[Series, float], Value]:
        if level == len(_LEVELS):
            return self._part()
        left = self._level(level + 1)
        while self._peek() in _LEVELS[level]:
            left = _joined(self._take(), left, self._level(level + 1))
        return left

    def _part(self) -> Callable[[Series, float], Value]:
        word = self._take()
        if word == "(":
            inner = self._level(0)
            self._take(")")
            return inner
        if re.fullmatch(r"\d+(\.\d+)?", word):
            return lambda series, moment: float(word)
        if word == "time":
            self._take("("), self._take(")")
            return lambda series, moment: moment
        if word in _TOGETHER:
            return self._together(_TOGETHER[word])
        return self._over(_OVER[word]) if word in _OVER else self._latest(self._selector(word))

    def _together(self, fold: Callable[[list[float]], float]) -> Callable[[Series, float], Value]:
        by = tuple(self._names()) if self._peek() == "by" else ()
        self.grouped.append(by)
        self._take("(")
        inner = self._level(0)
        self._take(")")

        def reckon(series: Series, moment: float) -> Value:
            groups: dict[Labels, list[float]] = {}
            for labels, value in _vector(inner(series, moment)).items():
                groups.setdefault(frozenset(pair for pair in labels if pair[0] in by), []).append(value)
            return {labels: fold(values) for labels, values in groups.items()}

        return reckon

    def _names(self) -> Iterator[str]:
        self._take("by"), self._take("(")
        while self._peek() != ")":
            yield self._take()
        self._take(")")

    def _over(self, fold: Callable[[list[float]], float]) -> Callable[[Series, float], Value]:
        self._take("(")
        selector, found = self._selector(self._take()), _RANGE.match(self._text, self._place)
        if found is None:
            raise SyntaxError(f"a range is missing at {self._text[self._place:]!r}")
        self._place = found.end()
        self._take(")")
        seconds = int(found[1]) * {"m": 60, "h": 3_600}[found[2]] + 1.0  # both ends
        return lambda series, moment: {labels: fold(values) for labels, values in series.window(selector, moment, seconds).items() if len(values) > 1}

    def _latest(self, selector: Selector) -> Callable[[Series, float], Value]:
        return lambda series, moment: {labels: values[-1] for labels, values in series.window(selector, moment, STALE).items()}

    def _selector(self, name: str) -> Selector:
        labels = []
        if self._peek() == "{":
            while self._take("{", ",", "}") != "}":
                label, sign, value = self._take(), self._take("=", "=~"), self._take().strip('"')
                labels.append((label, value if sign == "=~" else re.escape(value)))
        self.selectors.append(Selector(name, tuple(labels)))
        return self.selectors[-1]


def _joined(sign: str, left: Callable[[Series, float], Value], right: Callable[[Series, float], Value]) -> Callable[[Series, float], Value]:
    """Of two vectors those pairs whose labels are the same, by whatever name; a comparison keeps the left one where it holds."""

    def reckon(series: Series, moment: float) -> Value:
        one, other = left(series, moment), right(series, moment)
        if isinstance(one, float) and isinstance(other, float):
            return float(_SIGNS[sign](one, other))
        keys = one.keys() if isinstance(other, float) else other.keys() if isinstance(one, float) else one.keys() & other.keys()
        pairs = {key: (one if isinstance(one, float) else one[key], other if isinstance(other, float) else other[key]) for key in keys}
        if sign == "and":
            return {key: first for key, (first, _second) in pairs.items()}
        if sign in ("==", ">", "<"):
            return {key: first for key, (first, second) in pairs.items() if _SIGNS[sign](first, second)}
        return {key: _SIGNS[sign](first, second) for key, (first, second) in pairs.items()}

    return reckon


def _vector(value: Value) -> Vector:
    if isinstance(value, float):
        raise SyntaxError("a number was found where series are needed")
    return value


def _parsed(name: str) -> tuple[str, Labels]:
    found = re.fullmatch(r"(\w+)(?:\{(.*)\})?", name)
    assert found, name
    return found[1], frozenset(re.findall(r'(\w+)="([^"]*)"', found[2] or ""))


def fires(expression: Expression, waiting: float, given: Mapping[str, list[float | None]]) -> bool:
    """Whether an alarm is given at any minute: its expression has to hold for one set of labels for as long as it says."""
    series, since = Series(given), dict[Labels, float]()
    for minute in range(max(len(values) for values in given.values())):
        moment = BEGIN + minute * STEP
        held = _vector(expression.at(series, moment))
        since = {labels: since.get(labels, moment) for labels in held}
        if any(moment - began >= waiting for began in since.values()):
            return True
    return False
