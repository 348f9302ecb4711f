"""People as they appear everywhere: initials on a hue of their own, or their photo."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from nicegui import ui
from nicegui.element import Element

from crm_app.components import theme
from crm_app.components.text import attributes, block, safe_link, text

AvatarSize = Literal[16, 20, 24, 28, 32, 40, 56]
# Slate is the system's own, so people get the first seven.
PERSON_HUES = tuple(hue for hue in theme.HUES if hue != "slate")


@lru_cache(maxsize=4096)
def initials(name: str) -> str:
    """The first letters of the first and the last word, upper case; ``?`` when there is no letter."""
    words = [word for word in name.replace("-", " ").split() if word[0].isalnum()]
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def hue_of(identity: object) -> str:
    """The hue that belongs to an id for good."""
    return _hue(str(identity))


@lru_cache(maxsize=4096)
def _hue(key: str) -> str:
    return PERSON_HUES[zlib.crc32(key.encode()) % len(PERSON_HUES)]


def photo_address(sha: str | None) -> str | None:
    """Where a contact's photo is served; its address changes with its content, so browsers keep it."""
    return f"/photos/{sha}" if sha else None


def avatar(
    name: str, identity: object, size: AvatarSize = 24, *, photo: str | None = None, organisation: bool = False, alone: bool = False, says: str = ""
) -> Element:
    """A face. Silent beside a written name; with ``alone`` it speaks the name itself, or what it ``says``."""
    with block(f"mc-avatar mc-hue-{hue_of(identity)}", tag="span") as face:
        source = safe_link(photo)
        if source:
            attributes(ui.element("img"), src=source, alt="", loading="lazy")
        else:
            text(initials(name))
    if size != 24:
        face.classes(f"mc-s{size}")
    if organisation:
        face.classes("mc-organisation")
    if alone:
        attributes(face, role="img", aria_label=says or name, title=says or name)
    else:
        attributes(face, aria_hidden="true")
    return face


def avatars(people: Sequence[tuple[str, object]], size: AvatarSize = 24, shown: int = 4) -> Element:
    """A few faces that overlap; ``people`` are (name, id). The names stand in one label."""
    with block("mc-avatars", tag="span") as stack:
        for name, identity in people[:shown]:
            avatar(name, identity, size)
    return attributes(stack, role="img", aria_label=", ".join(name for name, _identity in people))
