"""Birthdays in the many ways in which files write them."""

from __future__ import annotations

import re
from typing import Literal

from crm_app.domain.imports.cards import Birthday
from crm_app.domain.text import fold

DateOrder = Literal["dmy", "mdy"]
# Apple writes this year for "unknown"; others write zeros.
_NO_YEAR = {1604, 0}
_MONTH_FIRST_REGIONS = {"US", "CA", "PH", "PR", "GU", ""}
_LONGEST = 60
_PARTS = re.compile(r"(\d{1,4})\s*[-./]\s*(\d{1,2})(?:\s*[-./]\s*(\d{1,4}))?\.?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_WITHOUT_YEAR = re.compile(r"--?(\d{2})-?(\d{2})")
_TIME = re.compile(r"(?<=\d)[T ]\d{1,2}:\d{2}.*$|(?<=\d)T.*$")
_WORDS = re.compile(r"[^\W\d_]+|\d+")
# The first letters, accents folded, that name a month in English, German, French, Spanish, Portuguese, Italian and Dutch.
_MONTHS = (
    ("jan", "ene", "gen"), ("feb", "fev"), ("mar", "maer", "mrz", "maa", "mrt"), ("apr", "avr", "abr"), ("may", "mai", "mag", "mei"),
    ("jun", "juin", "giu"), ("jul", "juil", "lug"), ("aug", "aou", "ago"), ("sep", "set"), ("oct", "okt", "out", "ott"),
    ("nov",), ("dec", "dez", "dic"),
)  # fmt: skip
_FILLERS = {"de", "del", "di", "th", "st", "nd", "rd", "er", "of", "den", "der", "le", "el", "il"}


def default_order(region: str) -> DateOrder:
    """Which of day and month comes first where nothing else tells: the month in the United States and a few others."""
    return "mdy" if region.upper() in _MONTH_FIRST_REGIONS else "dmy"


def guess_order(samples: list[str], region: str) -> DateOrder:
    """Tell the order from a column's values: a number above 12 can only be a day."""
    for sample in samples:
        match = _PARTS.fullmatch(_TIME.sub("", sample.strip()[:_LONGEST]))
        if match and len(match[1]) <= 2:
            first, second = int(match[1]), int(match[2])
            if first > 12 >= second:
                return "dmy"
            if second > 12 >= first:
                return "mdy"
            if "." in sample:
                return "dmy"
    return default_order(region)


def parse_birthday(value: str, order: DateOrder = "dmy") -> Birthday | None:
    """A day, or None when the text says "none" (blank, ``0/0/00``). Raises ValueError when it is not a date."""
    text = _TIME.sub("", value.strip()).strip()
    if not re.search(r"[^\W0]", text) and not re.search(r"[^\W\d]", text):
        return None
    if len(text) > _LONGEST:
        raise ValueError("too long for a date")
    if match := _COMPACT.fullmatch(text):
        return _day(match[1], match[2], match[3])
    if match := _WITHOUT_YEAR.fullmatch(text):
        return _day("0", match[1], match[2])
    if match := _PARTS.fullmatch(text):
        return _numbers(match[1], match[2], match[3], "dmy" if "." in text else order)
    return _in_words(text)


def _numbers(first: str, second: str, third: str | None, order: DateOrder) -> Birthday:
    if len(first) > 2:
        if third is None:
            raise ValueError("a year and a month are no day")
        return _day(first, second, third)
    if third is not None and len(third) == 3:
        raise ValueError("not a year")
    swap = order == "mdy"
    if int(first) > 12 >= int(second):
        swap = False
    elif int(second) > 12 >= int(first):
        swap = True
    day, month = (second, first) if swap else (first, second)
    return _day(third or "0", month, day)


def _in_words(text: str) -> Birthday:
    """``15 March 1985``, ``March 15, 1985``, ``15. März``, ``15 de março de 1985``."""
    words = [word for word in _WORDS.findall(fold(text)) if word not in _FILLERS]
    month = next((number for word in words if (number := _month(word))), 0)
    numbers = [word for word in words if word.isdecimal()]
    others = [word for word in words if not word.isdecimal() and not _month(word)]
    if not month or not 1 <= len(numbers) <= 2 or len(others) > 1:
        raise ValueError("not a date")
    numbers.sort(key=len)
    if len(numbers) == 2 and len(numbers[1]) == 3:
        raise ValueError("not a year")
    return _day(numbers[1] if len(numbers) == 2 else "0", str(month), numbers[0])


def _month(word: str) -> int:
    if len(word) < 3 or word.isdecimal():
        return 0
    return next((number for number, starts in enumerate(_MONTHS, 1) if word.startswith(starts)), 0)


def _day(year: str, month: str, day: str) -> Birthday:
    number = int(year)
    if 0 < number < 100 and len(year) <= 2:
        number += 2000 if number <= 25 else 1900
    return Birthday(year=None if number in _NO_YEAR else number, month=int(month), day=int(day))
