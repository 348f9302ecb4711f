"""Two real mail servers on this machine, and the Fake, behind one handle. The two differ in what they offer, which is the point."""

from __future__ import annotations

import getpass
import imaplib
import itertools
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from crm_app.domain.mail.source import MailSource
from crm_app.infrastructure.outbound import Gate
from crm_app.infrastructure.outbound_addresses import Allowance
from crm_app.providers.imap import FakeImap, ImapSource
from tests.infrastructure.outbound.conftest import Authority, authority, site, world

__all__ = ["authority", "site", "world"]

HOST = "127.0.0.1"
PASSWORD = 'gehe1m "\\ ß'
DOVECOT = """
base_dir = {folder}/run
state_dir = {folder}/run
protocols = imap
listen = {host}
log_path = {folder}/log
ssl = yes
ssl_cert = <{folder}/server.pem
ssl_key = <{folder}/server.pem
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_cache_size = 0
auth_failure_delay = 0
mail_location = maildir:{folder}/mail/%u
mail_max_userip_connections = 100
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Sent {{
    special_use = \\Sent
    auto = subscribe
  }}
  mailbox Ablage {{
    special_use = \\Archive
    auto = subscribe
  }}
}}
passdb {{
  driver = passwd-file
  args = scheme=plain username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid={mail_user} gid={mail_group} home={folder}/mail/%u
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
{own}
"""
# As an ordinary user everything runs as that user; as root it has users of its own, and none of them may be root.
AS_MYSELF = """
default_internal_user = {me}
default_internal_group = {group}
default_login_user = {me}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
}}
service stats {{
  chroot =
}}
"""
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


def free_port() -> int:
    with socket.create_server((HOST, 0)) as held:
        return int(held.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[bytes], name: str, log: Path | None = None) -> None:
    ends = time.monotonic() + 90
    while True:
        try:
            with socket.create_connection((HOST, port), 2) as line:
                line.settimeout(5)
                if line.recv(1):
                    return
        except OSError:
            pass
        said = log.read_text()[-2000:] if log and log.exists() else ""
        assert process.poll() is None and time.monotonic() < ends, f"{name} does not start. {said}"
        time.sleep(0.1)


@pytest.fixture(scope="session")
def dovecot(authority: Authority) -> Iterator[Server]:
    """Debian's own. ``.ci/run`` installs it and never does without; elsewhere its tests are skipped where it is missing."""
    program = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        assert not os.environ.get("TESTS_NEED_DOVECOT"), "dovecot is missing: install dovecot-imapd"
        pytest.skip("dovecot is not installed (Debian: dovecot-imapd)")
    folder, root = Path(tempfile.mkdtemp(prefix="dovecot-")), os.geteuid() == 0
    try:
        folder.chmod(0o755)
        (folder / "mail").mkdir()
        users = tuple(f"user{number}" for number in range(400))
        (folder / "users").write_text("".join(f"{user}:{{PLAIN}}{PASSWORD}::::::\n" for user in users))
        authority.context("public.example")
        shutil.copy(authority.folder / "public.example-1.pem", folder / "server.pem")
        me, group = getpass.getuser(), str(os.getegid())
        if root:
            shutil.chown(folder / "mail", "nobody", "nogroup")
        else:
            import grp

            group = grp.getgrgid(os.getegid()).gr_name
        port, tls_port = free_port(), free_port()
        settings = DOVECOT.format(
            folder=folder, host=HOST, port=port, tls_port=tls_port, mail_user="nobody" if root else me, mail_group="nogroup" if root else group,
            own="first_valid_uid = 1" if root else "first_valid_uid = 1" + AS_MYSELF.format(me=me, group=group),
        )  # fmt: skip
        (folder / "dovecot.conf").write_text(settings)
        process = subprocess.Popen([program, "-F", "-c", str(folder / "dovecot.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for(port, process, "dovecot", folder / "log")
            yield Server("dovecot", port, tls_port, users, PASSWORD)
        finally:
            process.terminate()
            process.wait(20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


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
