"""The numbers in an answer: which records it rests on. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable

from crm_app.domain.conversations.schemas import Cited

_CITED = re.compile(r"[\[【]\s*(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\s*[\]】]")
_GAP = re.compile(r"[ \t]+(?=[.,;:!?)]|$)", re.M)


def settle_citations(answer: str, given: Iterable[Cited]) -> tuple[str, tuple[Cited, ...]]:
    """The answer with its citations numbered from 1 in order, and the records they mean. A number that no record was given is taken out."""
    known = {cited.number: cited for cited in given}
    order: dict[int, int] = {}

    def numbered(found: re.Match[str]) -> str:
        meant = [number for number in map(int, re.findall(r"\d+", found[1])) if number in known]
        return "".join(f"[{order.setdefault(number, len(order) + 1)}]" for number in dict.fromkeys(meant))

    settled = _CITED.sub(numbered, answer)
    if settled != answer:
        settled = _GAP.sub("", settled)
    return settled.strip(), tuple(known[number].model_copy(update={"number": now}) for number, now in order.items())
