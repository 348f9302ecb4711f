"""A dovecot on this machine with one mailbox of ten thousand letters, as a practice's would be: four in ten with contacts, the rest newsletters and strangers."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from random import Random

from benchmarks.running_dovecot import HOST, find_dovecot, running_dovecot

USER, PASSWORD = "ana@studio.example", "bench"
WORDS = (
    "the of and to in you we session breath practice next week client form invoice thanks please see could morning evening Tuesday room studio group "
    "change plan move slowly rest"
).split()  # fmt: skip


@contextmanager
def mailbox(addresses: Sequence[str], letters: int) -> Iterator[str]:
    """Where it can be reached, with so many letters in it; ``addresses`` are those of contacts."""
    program = find_dovecot()
    if program is None:
        raise RuntimeError("dovecot is not installed (Debian: dovecot-imapd)")
    with running_dovecot(program, [USER], PASSWORD, fill=lambda mail: _fill(mail / USER, addresses, letters)) as ports:
        yield f"imap://{HOST}:{ports.plain}"


def _fill(folder: Path, addresses: Sequence[str], letters: int) -> None:
    random, now, last = Random(7), datetime.now(UTC), ""
    for name in ("cur", "new", "tmp"):
        (folder / name).mkdir(parents=True)
    for number in range(letters):
        sent = now - timedelta(days=300 * (1 - number / letters), seconds=random.randrange(3_600))
        content, last = _letter(number, sent, addresses, last, random)
        path = folder / "cur" / f"{int(sent.timestamp())}.M{number}P1.bench:2,S"
        path.write_bytes(content)
        os.utime(path, (sent.timestamp(),) * 2)


def _letter(number: int, sent: datetime, addresses: Sequence[str], last: str, random: Random) -> tuple[bytes, str]:
    """A letter, and the id that the next one may answer."""
    chance, key = random.random(), f"{number}.{random.randrange(1 << 40)}@bench.example"
    head = [f"Received: from mx{hop}.example by mx.example; {format_datetime(sent)}" for hop in range(3)]
    head += [f"DKIM-Signature: v=1; a=rsa-sha256; b={'x' * 300}", f"Subject: {_words(random, 5)}", f"Message-ID: <{key}>", f"Date: {format_datetime(sent)}"]
    if chance < 0.4:
        head += [f"From: Person <{random.choice(addresses)}>", *([f"In-Reply-To: <{last}>", f"References: <{last}>"] if last and random.random() < 0.5 else [])]
        last = key
    elif chance < 0.7:
        head += [f"From: News <news@shop{random.randrange(60)}.example>", "List-Unsubscribe: <https://shop.example/u>", "List-Id: <x.shop.example>"]
    else:
        head.append(f"From: stranger{random.randrange(3_000)}@else.example")
    head += [f"To: {USER}", "MIME-Version: 1.0"]
    if random.random() < 0.7:
        head.append('Content-Type: multipart/alternative; boundary="b"')
        page = _page(random, random.randrange(2, 12) if chance < 0.4 else random.randrange(30, 120))
        parts = (("plain", _words(random, 120)), ("html", page))
        body = "".join(f"--b\r\nContent-Type: text/{kind}; charset=utf-8\r\n\r\n{words}\r\n" for kind, words in parts) + "--b--\r\n"
    else:
        head.append("Content-Type: text/plain; charset=utf-8")
        body = _words(random, 150) + "\r\n"
    return ("\r\n".join(head) + "\r\n\r\n" + body).encode(), last


def _words(random: Random, count: int) -> str:
    return " ".join(random.choices(WORDS, k=count))


def _page(random: Random, rows: int) -> str:
    cells = (
        f'<tr><td style="padding:4px;color:#333;font-family:Arial"><p>{_words(random, 30)}</p><a href="https://example.org/{row}">more</a>'
        f'<img src="https://cdn.example/{row}.png" width="20"></td></tr>'
        for row in range(rows)
    )
    return f"<html><body><table>{''.join(cells)}</table></body></html>"
