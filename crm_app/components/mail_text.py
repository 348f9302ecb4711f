"""The text of a mail as it is read: its links can be followed, and what it only quotes is folded away."""

from __future__ import annotations

import re
from collections.abc import Iterator

from crm_app.components.text import block, link, text
from crm_app.domain.i18n import _

_ADDRESS = re.compile(r"https?://[^\s<>\"]+", re.I)
_LOOSE_END = ".,;:!?)]}'»”"


def mail_text(content: str) -> None:
    """Draw it."""
    own, quoted = parted(content)
    if own or not quoted:
        _words(own or _("It holds no text."))
    if quoted:
        with block("mc-mail-quoted", tag="details"):
            text(_("Quoted text"), "mc-cap", tag="summary")
            _words(quoted)


def parted(content: str) -> tuple[str, str]:
    """``(its own words, the mail that it quotes at its end)``: lines that begin with ``>``, with the line that says whose they are."""
    lines = content.rstrip().splitlines()
    begins = len(lines)
    while begins and (lines[begins - 1].startswith(">") or not lines[begins - 1].strip()):
        begins -= 1
    if not any(line.startswith(">") for line in lines[begins:]):
        return content.strip(), ""
    if begins and lines[begins].startswith(">") and lines[begins - 1].rstrip().endswith(":"):
        begins -= 1
    return "\n".join(lines[:begins]).strip(), "\n".join(lines[begins:]).strip()


def pieces(content: str) -> Iterator[tuple[str, str | None]]:
    """Its words in order, each with the address that it is, if it is one."""
    at = 0
    for found in _ADDRESS.finditer(content):
        address = _trimmed(found.group())
        if found.start() > at:
            yield content[at : found.start()], None
        yield address, address
        at = found.start() + len(address)
    if at < len(content):
        yield content[at:], None


def _trimmed(address: str) -> str:
    """A sentence's own full stop belongs to no address; a bracket does when it was opened in it."""
    while address and address[-1] in _LOOSE_END and not (address[-1] == ")" and address.count("(") >= address.count(")")):
        address = address[:-1]
    return address


def _words(content: str) -> None:
    with block("mc-read mc-mail-text"):
        for said, address in pieces(content):
            if address:
                link(said, address)
            else:
                text(said)
