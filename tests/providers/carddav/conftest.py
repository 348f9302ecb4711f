"""The two real servers keep address books as well; here they are, and the Fake, behind one handle."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

import pytest
from pydantic import SecretStr

from crm_app.domain.addressbooks.source import BookSource
from crm_app.infrastructure.outbound import Gate
from crm_app.infrastructure.outbound_addresses import Allowance
from crm_app.providers.carddav import CardDavSource, FakeCardDav
from tests.providers.caldav.conftest import HOST, Server, radicale, xandikos

__all__ = ["radicale", "xandikos"]

_numbers = itertools.count(int(time.time() * 1000))
MAKE = """<?xml version="1.0"?><d:mkcol xmlns:d="DAV:" xmlns:k="urn:ietf:params:xml:ns:carddav"><d:set><d:prop>
<d:resourcetype><d:collection/><k:addressbook/></d:resourcetype><d:displayname>Clients</d:displayname></d:prop></d:set></d:mkcol>"""
HOMES = {"radicale": "/alice/", "xandikos": "/alice/contacts/"}


def source_of(server: Server, path: str = "/", password: str = "") -> CardDavSource:
    gate = Gate(lambda: {Allowance(HOST, server.port)})
    return CardDavSource(server.url.rstrip("/") + path, "alice", SecretStr(password or server.password), gate)


@dataclass
class Account:
    """An account with one fresh book, and the hands that write into it."""

    source: BookSource
    book: str
    server: Server | None = None
    fake: FakeCardDav | None = None

    @property
    def place(self) -> str:
        """What is written into."""
        return self.book

    def path(self, file: str) -> str:
        return f"{self.book}{file}.vcf"

    def put(self, file: str, content: bytes) -> bool:
        if self.fake:
            self.fake.put(self.book, self.path(file), content)
            return True
        assert self.server is not None
        return self.server.ask("PUT", quote(self.path(file)), content, Content_Type="text/vcard; charset=utf-8")[0] in (200, 201, 204)

    def remove(self, file: str) -> None:
        if self.fake:
            self.fake.remove(self.book, self.path(file))
        else:
            assert self.server is not None and self.server.ask("DELETE", quote(self.path(file)))[0] in (200, 204)


def fresh_account(server: Server | None) -> Account:
    if server is None:
        fake = FakeCardDav()
        return Account(fake, "/book/", fake=fake)
    path = f"{HOMES[server.name]}b{next(_numbers)}/"
    status, body = server.ask("MKCOL", path, MAKE.encode(), Content_Type="application/xml")
    assert status == 201, (status, body)
    return Account(source_of(server), path, server)


@pytest.fixture(params=["fake", "radicale", "xandikos"])
def account(request: pytest.FixtureRequest, sandbox: object) -> Iterator[Account]:
    made = fresh_account(None if request.param == "fake" else request.getfixturevalue(request.param))
    yield made
    made.source.close()
