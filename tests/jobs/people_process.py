"""The same process as ``sync_process``, for the contacts of an account at Google."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from pydantic import SecretStr

from crm_app.domain.connections.models import ConnectionKind
from crm_app.domain.google.authority import CONTACTS
from crm_app.infrastructure.outbound_http import Fetched
from crm_app.jobs.sources import bind_sources
from crm_app.providers.google import GOOGLE, PeopleSource, people
from crm_app.providers.google.fake import _Grant
from crm_app.providers.google.fake_people import FakePeople
from tests.jobs.sync_process import main
from tests.providers.google.conftest import Unhurried

ME, PEOPLE, PAGE = "ana@gmail.com", 9, 3


class People(FakePeople):
    """``before(step)`` is called before each answer and may die."""

    before: Callable[[str], None] = staticmethod(lambda step: None)

    def bind(self) -> People:
        """Have the contacts of accounts at Google read from here."""
        self._access["ya29.x"] = _Grant("client", self.email, [CONTACTS], "", "")
        make = lambda _url, name, _tokens, _gate: PeopleSource(name, lambda refused: SecretStr("ya29.x"), self, GOOGLE, Unhurried())  # noqa: E731
        bind_sources({ConnectionKind.GOOGLE_PEOPLE: make})
        return self

    def ask(self, url: str, **how: Any) -> Fetched:
        self.before(url)
        return super().ask(url, **how)


def account(changes: int) -> People:
    """Nine people, one of whom is nobody; then, one by one, people who change, go and come."""
    made = People()
    made.page = PAGE
    for number in range(PEOPLE):
        made.person(number, **_fields(number, "Bakery")) if number else made.person(number, biographies=[{"value": "nobody"}])
    for number in range(changes):
        which = 1 + number % 7
        if number % 3 == 0:
            made.forget(f"people/c{which}")
        elif number % 3 == 1:
            made.person(PEOPLE + number, **_fields(PEOPLE + number, "New"))
        else:
            made.person(which, **_fields(which, f"Change {number}"))
    return made


def _fields(number: int, company: str) -> dict[str, Any]:
    return {"name": f"Person {number}", "emailAddresses": [{"value": f"p{number}@mail.example"}], "organizations": [{"name": company}]}


if __name__ == "__main__":
    people.PAGE = PAGE  # not in account(): the tests call that too, and theirs stays as it is
    main(sys.argv[1], account)
