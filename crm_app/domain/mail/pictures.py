"""Pictures of a mail's page, fetched by us when its reader asks for them, drawn anew, and put into it: those that lie elsewhere, and those that came along.

Until then nothing of what lies elsewhere is asked for: whoever sent them would learn that, when and where the mail is read. Even then they learn no more than
that: no cookie, no referrer, no address of a reader goes out, and a picture of a point's size, which is there to tell, is not fetched at all.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import unescape
from threading import BoundedSemaphore
from uuid import UUID

from crm_app.domain.actor import Actor
from crm_app.domain.errors import CrmError, TooMany
from crm_app.domain.i18n import _
from crm_app.domain.imports.photos import CONTENT_TYPE
from crm_app.domain.imports.sandbox import bound_sandbox
from crm_app.domain.isolation import SandboxRefused, SandboxTimeout
from crm_app.domain.mail.attachments import OpenedFile
from crm_app.domain.mail.cleaning import BLOCKED
from crm_app.domain.mail.schemas import MailView

Fetch = Callable[[Sequence[str]], Iterable[tuple[str, bytes]]]
"""Fetches what it can of these addresses, in any order, within limits of its own."""
OpenOwn = Callable[[Actor, UUID, Sequence[str]], Sequence[OpenedFile | None]]
"""Opens parts of a mail as its reader, as far as they are there."""
MOST, MOST_SHOWN = 40, 8_000_000
"""Pictures of one mail, and characters of them all in its page."""
SIDE, TINY = 1_600, 2
AT_ONCE = 3
_WORK = "crm_app.domain.imports.photos:shrink"
_IMAGE = re.compile(r'<img(?:\s+[a-z-]+="[^"]*")*\s*/?>')
_SOURCE = re.compile(f'\\ssrc="((?:{BLOCKED}|cid:)[^"]*)"')
_SIZE = re.compile(r'\s(?:width|height)="\s*0*([0-9]+)(?:px)?\s*"')
_STYLED = re.compile(r"(?:^|[;\"\s])(?:max-)?(?:width|height)\s*:\s*0*([0-9]+)(?:px|pt)?\s*(?:[;\"]|!|$)")


@dataclass(frozen=True, slots=True)
class Pictured:
    """A mail's page with its pictures in it. ``missing`` is how many could not be had, or are none."""

    html: str
    shown: int
    missing: int


class _Binding:
    fetch: Fetch | None = None
    open_own: OpenOwn | None = None


_turns = BoundedSemaphore(AT_ONCE)


def bind_pictures(fetch: Fetch, open_own: OpenOwn) -> None:
    """Have pictures of mails fetched by ``fetch`` from elsewhere, and by ``open_own`` from their mailboxes."""
    _Binding.fetch, _Binding.open_own = fetch, open_own


def has_pictures(mail: MailView) -> bool:
    """Whether its page has some that are not in it yet."""
    return bool(mail.html) and (mail.remote or any(one.inline for one in mail.attachments))


def addresses(html: str) -> tuple[str, ...]:
    """Where the pictures of a cleaned page lie (``blocked:https://…``, ``cid:…``), each once, without those that are no larger than a point."""
    found = (_SOURCE.search(image) for image in _IMAGE.findall(html) if not _is_point(image))
    return tuple(dict.fromkeys(unescape(source[1]) for source in found if source))[:MOST]


def load(reader: Actor, mail: MailView) -> Pictured:
    """The page with its pictures. Takes seconds, and must not be called where somebody waits for other things. TooMany while several others are asked for.

    What is not to be had is left out, whatever the reason.
    """
    page = mail.html or ""
    own = {f"cid:{one.content_id}": one.part for one in mail.attachments if one.inline and one.content_id}
    wanted = [address for address in addresses(page) if address.startswith(BLOCKED) or address in own]
    if not _turns.acquire(blocking=False):
        raise TooMany(_("Pictures of other mails are being fetched just now. Try again in a moment."), wait=5)
    try:
        drawn: dict[str, str] = {}
        room = MOST_SHOWN
        for address, content in (*_own(reader, mail.id, [(address, own[address]) for address in wanted if address in own]), *_elsewhere(wanted)):
            picture = _drawn(content)
            if picture and len(picture) <= room:
                drawn[address], room = picture, room - len(picture)
    finally:
        _turns.release()
    return Pictured(_filled(page, drawn), len(drawn), len(wanted) - len(drawn))


def _elsewhere(wanted: Sequence[str]) -> Iterable[tuple[str, bytes]]:
    asked = [address.removeprefix(BLOCKED) for address in wanted if address.startswith(BLOCKED)]
    if not asked:
        return []
    if _Binding.fetch is None:
        raise RuntimeError("pictures.bind_pictures(fetch, open_own) has not been called")
    return [(BLOCKED + address, content) for address, content in _Binding.fetch(asked)]


def _own(reader: Actor, email_id: UUID, asked: Sequence[tuple[str, str]]) -> Iterable[tuple[str, bytes]]:
    """Pictures that came along with the mail and lie in its mailbox."""
    if not asked or _Binding.open_own is None:
        return []
    try:
        files = _Binding.open_own(reader, email_id, [part for _address, part in asked])
    except CrmError:
        return []
    return [(address, file.content) for (address, _part), file in zip(asked, files, strict=True) if file is not None]


def _filled(html: str, drawn: dict[str, str]) -> str:
    def fill(image: re.Match[str]) -> str:
        source = _SOURCE.search(image[0])
        picture = drawn.get(unescape(source[1])) if source else None
        return image[0].replace(source[0], f' src="{picture}"') if source and picture else image[0]

    return _IMAGE.sub(fill, html)


def _drawn(content: bytes) -> str:
    """The picture as it stands in the page; empty for what is none, or only a point."""
    try:
        picture = bound_sandbox().run(_WORK, content, {"side": SIDE, "tiny": TINY})
    except (SandboxRefused, SandboxTimeout):
        return ""
    return f"data:{CONTENT_TYPE};base64,{b64encode(picture).decode()}"


def _is_point(image: str) -> bool:
    return any(int(size) <= TINY for size in (*_SIZE.findall(image), *_STYLED.findall(image)))
