"""Mail of strangers, read where it can do no harm: what whoever brings it in calls.

The bytes go to the sandbox (``work.py`` runs there); what comes back is a ``ReadMail`` or a sentence that says why there is none.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from crm_app.domain.i18n import _, current_locale
from crm_app.domain.imports.sandbox import bound_sandbox
from crm_app.domain.isolation import Sandbox, SandboxRefused, SandboxTimeout
from crm_app.domain.mail.limits import MOST_BYTES
from crm_app.domain.mail.reading_schemas import ReadMail

SECONDS = 2.0
PIECE, PIECE_BYTES = 50, 500_000
_WORK = "crm_app.domain.mail.work:read"


class MailRefused(Exception):
    """There is nothing to take in. ``reason`` is a sentence for the mailbox's owner."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read_mail(content: bytes, *, sandbox: Sandbox | None = None) -> ReadMail:
    """One message, or its head alone. Raises ``MailRefused``."""
    answer = read_mails([content], sandbox=sandbox)[0]
    if isinstance(answer, MailRefused):
        raise answer
    return answer


def read_mails(contents: Sequence[bytes], *, sandbox: Sandbox | None = None) -> list[ReadMail | MailRefused]:
    """Many, several at a time: one answer for each, in their order. What one of them does to the reader costs that one alone."""
    place = sandbox or bound_sandbox()
    return [answer for piece in _pieces(contents) for answer in _read(piece, place)]


def _pieces(contents: Sequence[bytes]) -> Iterator[list[bytes]]:
    piece: list[bytes] = []
    size = 0
    for content in contents:
        if piece and (len(piece) >= PIECE or size + len(content) > PIECE_BYTES):
            yield piece
            piece, size = [], 0
        piece.append(content)
        size += len(content)
    if piece:
        yield piece


def _read(contents: Sequence[bytes], sandbox: Sandbox, *, plain: bool = False) -> list[ReadMail | MailRefused]:
    """Read a piece; when it does not come back, each half of it, down to the one that is the reason. Of that one the words alone are read."""
    sent = [content[: MOST_BYTES + 1] for content in contents]  # whoever reads them says that they are too large
    try:
        answer = sandbox.run(_WORK, b"".join(sent), {"lengths": list(map(len, sent)), "locale": current_locale(), "plain": plain}, seconds=SECONDS)
        return [_made(one) for one in json.loads(answer)]
    except SandboxTimeout:
        reason = _("It takes too long to read.")
    except SandboxRefused as refusal:
        reason = refusal.reason
    if len(contents) > 1:
        middle = len(contents) // 2
        return _read(contents[:middle], sandbox) + _read(contents[middle:], sandbox)
    return [MailRefused(reason)] if plain else _read(contents, sandbox, plain=True)


def _made(answer: dict) -> ReadMail | MailRefused:
    return ReadMail.model_validate(answer["read"]) if "read" in answer else MailRefused(answer["failed"])
