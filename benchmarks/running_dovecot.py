"""A dovecot that runs on this machine for a while: for the tests of mail, and for the bench."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

HOST = "127.0.0.1"
SETTINGS = """
base_dir = {folder}/run
state_dir = {folder}/run
protocols = imap
listen = {host}
log_path = {folder}/log
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_cache_size = 0
auth_failure_delay = 0
mail_location = maildir:{folder}/mail/%u
mail_max_userip_connections = 100
first_valid_uid = 1
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
  args = uid={user} gid={group} home={folder}/mail/%u
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
"""
WITH_TLS = """
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{certificate}
"""
# As an ordinary user everything runs as that user; as root it has users of its own, and none of them may be root.
AS_MYSELF = """
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
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


class Ports(NamedTuple):
    """Where it listens: in the clear, and with TLS (0: not at all)."""

    plain: int
    tls: int


def find_dovecot() -> str | None:
    """The program; None where it is not installed."""
    return shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@contextmanager
def running_dovecot(
    program: str, users: Sequence[str], password: str, *, certificate: Path | None = None, fill: Callable[[Path], None] = lambda mail: None
) -> Iterator[Ports]:
    """It runs inside, and nothing of it is left afterwards. ``certificate`` holds its key too; ``fill`` may put mail into the folder of all mailboxes."""
    folder = Path(tempfile.mkdtemp(prefix="dovecot-"))
    try:
        folder.chmod(0o755)
        (folder / "mail").mkdir()
        (folder / "users").write_text("".join(f"{user}:{{PLAIN}}{password}::::::\n" for user in users), encoding="utf-8")
        fill(folder / "mail")
        user, group = _hand_over(folder / "mail")
        ports = Ports(free_port(), free_port() if certificate else 0)
        settings = SETTINGS + (WITH_TLS if certificate else "ssl = no\n") + (AS_MYSELF if os.geteuid() else "")
        said = settings.format(folder=folder, host=HOST, user=user, group=group, port=ports.plain, tls_port=ports.tls, certificate=certificate)
        (folder / "dovecot.conf").write_text(said, encoding="utf-8")
        process = subprocess.Popen([program, "-F", "-c", str(folder / "dovecot.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for(ports.plain, process, "dovecot", folder / "log")
            yield ports
        finally:
            process.terminate()
            process.wait(20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server((HOST, 0)) as held:
        return int(held.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[bytes], name: str, log: Path | None = None) -> None:
    """Until a server greets; RuntimeError with the end of its log when it never does."""
    ends = time.monotonic() + 90
    while True:
        try:
            with socket.create_connection((HOST, port), 2) as line:
                line.settimeout(5)
                if line.recv(1):
                    return
        except OSError:
            pass
        if process.poll() is not None or time.monotonic() > ends:
            raise RuntimeError(f"{name} does not start. {log.read_text()[-2000:] if log and log.exists() else ''}")
        time.sleep(0.1)


def _hand_over(mail: Path) -> tuple[str, str]:
    """As an ordinary user everything is theirs; dovecot does not serve the mail of root."""
    if os.geteuid():
        import grp

        return getpass.getuser(), grp.getgrgid(os.getegid()).gr_name
    for path in (mail, *mail.rglob("*")):
        shutil.chown(path, "nobody", "nogroup")
    return "nobody", "nogroup"
