"""What somebody types into the first row: a name, and perhaps an address or a number with it."""

from __future__ import annotations

import re

from crm_app.domain.contacts.models import PointKind
from crm_app.domain.contacts.schemas import PointInput
from crm_app.domain.reach import looks_like_phone

_EMAIL = re.compile(r"<?([^\s<>,;]+@[^\s<>,;]+\.[^\s<>,;]+)>?")
_NUMBER = re.compile(r"\+?\d[\d ()./-]{5,}\d")


def name_and_points(typed: str) -> tuple[str, list[PointInput]]:
    """``Ana Silva <ana@example.org>, +351 912 000 000`` as the name and the two ways to reach her."""
    points: list[PointInput] = []
    rest = typed
    for found in _EMAIL.findall(typed):
        points.append(PointInput(kind=PointKind.EMAIL, value=found, is_primary=not points))
    rest = _EMAIL.sub(" ", rest)
    for match in _NUMBER.findall(rest):
        if looks_like_phone(match):
            points.append(PointInput(kind=PointKind.PHONE, value=match.strip()))
            rest = rest.replace(match, " ")
    return re.sub(r"\s+", " ", rest).strip(" ,;<>\t"), points
