"""Two real mail servers on this machine, and the Fake, behind one handle. The two differ in what they offer, which is the point."""

from __future__ import annotations

import imaplib
import itertools
import os
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

import pytest
from pydantic import SecretStr

from benchmarks.running_dovecot import HOST, find_dovecot, free_port, running_dovecot, wait_for
from crm_app.domain.mail.source import MailSource
from crm_app.infrastructure.outbound import Gate
from crm_app.infrastructure.outbound_addresses import Allowance
from crm_app.providers.imap import FakeImap, ImapSource
from tests.infrastructure.outbound.conftest import Authority, authority, site, world

__all__ = ["authority", "site", "world"]

PASSWORD = 'gehe1m "\\ ß'
_numbers = itertools.count(int(time.time() * 1000))


@dataclass(frozen=True)
class Server:
    """A running server: where it listens in the clear (and with TLS), who may sign in and by what."""

    name: str
    port: int
    tls_port: int
    users: tuple[str, ...]
    password: str

    @property
    def url(self) -> str:
        return f"imap://{HOST}:{self.port}"

    def source(self, user: str, password: str | None = None) -> ImapSource:
        """A mailbox of this server, in the clear, as only its host could allow it."""
        gate = Gate(lambda: {Allowance(HOST, self.port)})
        return ImapSource(self.url, user, SecretStr(self.password if password is None else password), gate)

    def hand(self, user: str) -> imaplib.IMAP4:
        """A connection that may write."""
        line = imaplib.IMAP4(HOST, self.port, 20)
        line.authenticate("PLAIN", lambda _challenge: f"\0{user}\0{self.password}".encode())
        return line


@pytest.fixture(scope="session")
def dovecot(authority: Authority) -> Iterator[Server]:
    """Debian's own. ``.ci/run`` installs it and never does without; elsewhere its tests are skipped where it is missing."""
    program = find_dovecot()
    if program is None:
        assert not os.environ.get("TESTS_NEED_DOVECOT"), "dovecot is missing: install dovecot-imapd"
        pytest.skip("dovecot is not installed (Debian: dovecot-imapd)")
    users = tuple(f"user{number}" for number in range(400))
    authority.context("public.example")
    with running_dovecot(program, users, PASSWORD, certificate=authority.folder / "public.example-1.pem") as ports:
        yield Server("dovecot", ports.plain, ports.tls, users, PASSWORD)


@pytest.fixture(scope="session")
def mail_devel() -> Iterator[Server]:
    """Keeps everything in memory, offers neither TLS nor CONDSTORE nor much else."""
    port, smtp = free_port(), free_port()
    command = ["--host", HOST, "--imap-port", str(port), "--smtp-port", str(smtp), "--no-http", "--multi-user", "--user", "test@example.org", "--password", "gehe1m"]
    process = subprocess.Popen([sys.executable, "-m", "mail_devel", *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port, process, "mail-devel")
        yield Server("mail-devel", port, 0, tuple(f"user{number}@example.org" for number in range(400)), "gehe1m")
    finally:
        process.kill()
        process.wait()


@dataclass
class Account:
    """A mailbox with one fresh folder, and the hands that write into it."""

    name: str
    source: MailSource
    folder: str
    hand: imaplib.IMAP4 | None = None
    fake: FakeImap | None = None
    counts_changes: bool = True
    user: str = ""

    def put(self, content: bytes, *, flags: Collection[str] = (), received_at: datetime | None = None) -> None:
        if self.fake:
            self.fake.put(self.folder, content, flags=flags, received_at=received_at)
            return
        moment = imaplib.Time2Internaldate(received_at) if received_at else None
        assert self.hand.append(self.folder, f"({' '.join(flags)})", moment, content)[0] == "OK"

    def uid_of(self, name: str) -> int:
        if self.fake:
            return next(uid for uid, one in self.fake._folders[self.folder].messages.items() if f"Subject: {name}\r\n".encode() in one.content)
        self.hand.select(self.folder)
        _answer, said = self.hand.uid("SEARCH", "HEADER", "SUBJECT", f'"{name}"')
        return int(said[0].split()[-1])

    def flag(self, name: str, flags: Collection[str]) -> None:
        uid = self.uid_of(name)
        if self.fake:
            self.fake.flag(self.folder, uid, flags)
        else:
            assert self.hand.uid("STORE", str(uid), "FLAGS", f"({' '.join(flags)})")[0] == "OK"

    def remove(self, name: str) -> None:
        uid = self.uid_of(name)
        if self.fake:
            self.fake.remove(self.folder, uid)
        else:
            self.hand.uid("STORE", str(uid), "+FLAGS", "(\\Deleted)")
            assert self.hand.expunge()[0] == "OK"

    def renew(self, *contents: bytes) -> None:
        """The folder as if it had been restored: the same name, other uids."""
        if self.fake:
            for uid in list(self.fake._folders[self.folder].messages):
                self.fake.remove(self.folder, uid)
            self.fake.renumber(self.folder)
        else:
            self.hand.close() if self.hand.state == "SELECTED" else None
            assert self.hand.delete(self.folder)[0] == "OK"
            time.sleep(1.1)  # a UIDVALIDITY is often the second in which a folder was made
            assert self.hand.create(self.folder)[0] == "OK"
        for content in contents:
            self.put(content)

    def flags_over_there(self, name: str) -> set[str]:
        uid = self.uid_of(name)
        if self.fake:
            return set(self.fake._folders[self.folder].messages[uid].flags)
        _answer, said = self.hand.uid("FETCH", str(uid), "(FLAGS)")
        return {flag.decode() for flag in imaplib.ParseFlags(said[0])} - {"\\Recent"}

    def close(self) -> None:
        self.source.close()
        if self.hand:
            self.hand.logout()


def fresh_account(server: Server | None, *, condstore: bool = True) -> Account:
    folder = f"f{next(_numbers)}"
    if server is None:
        fake = FakeImap(condstore=condstore)
        fake.add(folder)
        return Account("fake", fake, folder, fake=fake, counts_changes=condstore)
    user = server.users[next(_numbers) % len(server.users)]
    hand = server.hand(user)
    assert hand.create(folder)[0] == "OK"
    return Account(server.name, server.source(user), folder, hand, None, b"CONDSTORE" in hand.capability()[1][0].split(), user)


@pytest.fixture(params=["fake", "fake without condstore", "dovecot", "mail-devel"])
def account(request: pytest.FixtureRequest) -> Iterator[Account]:
    server = None if request.param.startswith("fake") else request.getfixturevalue(request.param.replace("-", "_"))
    made = fresh_account(server, condstore=request.param == "fake")
    yield made
    made.close()
