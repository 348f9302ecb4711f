"""A file as the body of a request: its bytes as they are, counted while they come, and laid aside meanwhile, so that a slow one holds no memory.

No multipart: there is nothing to parse, and nothing of a form's many ways to be hostile.
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections import Counter
from typing import Any, BinaryIO
from uuid import UUID

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.routing import Match
from starlette.types import Scope

from crm_app.domain.errors import CrmError, Invalid, TooMany

OCTETS = "application/octet-stream"
IDLE, LONGEST = 20.0, 600.0
"""Seconds without a byte, and seconds in all, after which a file is waited for no longer."""
AT_ONCE, WEIGHT = 2, 100
"""Files of one person that may be on their way, and as how many requests one counts."""
PIECE = 1_000_000
DESCRIBED: dict[str, Any] = {
    "requestBody": {"content": {OCTETS: {"schema": {"type": "string", "format": "binary", "maxLength": 25_000_000}}}},
    "parameters": [{
        "name": "name", "in": "query", "required": False, "schema": {"type": "string", "minLength": 1, "maxLength": 200},
        "description": f"The file's name, where its bytes are sent as {OCTETS}; in JSON it stands in the body.",
    }],
}  # fmt: skip
"""What the route that takes JSON at the same address says of this one."""


class FileRoute(APIRoute):
    """A route that takes a file's bytes. It stands before one at the same address that takes JSON, and the gate leaves the body to it."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Only what is sent as bytes."""
        kind = Headers(scope=scope).get("content-type", "") if scope["type"] == "http" else ""
        return super().matches(scope) if kind.partition(";")[0].strip().lower() == OCTETS else (Match.NONE, {})


class TooLarge(CrmError):
    """More bytes than a file may have."""

    status = 413
    code = "too_large"


class TooSlow(CrmError):
    """The bytes do not come."""

    status = 408
    code = "too_slow"


class Receiving:
    """Counts what each person has on its way, in this process."""

    def __init__(self) -> None:
        self._under_way: Counter[UUID] = Counter()

    async def receive(self, request: Request, most: int) -> bytes:
        """The body, whole. Raises TooLarge as soon as more has come, or is announced, than ``most``; TooSlow, TooMany, and Invalid where it ends too early."""
        declared = request.headers.get("content-length", "0")
        if not declared.isdecimal() or len(declared) > 12 or int(declared) > most:
            raise _too_large(most)
        who: UUID = request.state.actor.user_id
        if self._under_way[who] >= AT_ONCE:
            raise TooMany("Two of your files are on their way already. Wait for them.", wait=5)
        self._under_way[who] += 1
        try:
            with tempfile.TemporaryFile() as file:
                request.state.body_hash = await _lay_aside(request, file, most)
                return await asyncio.to_thread(_whole, file)
        finally:
            self._under_way[who] -= 1
            self._under_way += Counter()  # those of whom nothing is on its way are forgotten


async def _lay_aside(request: Request, file: BinaryIO, most: int) -> str:
    """The SHA-256 of the body, once all of it lies in ``file``."""
    seen, waiting, size, chunks = hashlib.sha256(), bytearray(), 0, request.stream()
    try:
        async with asyncio.timeout(LONGEST):
            while (chunk := await asyncio.wait_for(anext(chunks, None), IDLE)) is not None:
                size += len(chunk)
                if size > most:
                    raise _too_large(most)
                seen.update(chunk)
                waiting += chunk
                if len(waiting) >= PIECE:
                    await asyncio.to_thread(file.write, bytes(waiting))
                    waiting.clear()
            await asyncio.to_thread(file.write, bytes(waiting))
    except TimeoutError:
        raise TooSlow("The file did not come in time. Send it again over a faster line.") from None
    except ClientDisconnect:
        raise Invalid("The file did not come whole.") from None
    return seen.hexdigest()


def _whole(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read()


def _too_large(most: int) -> TooLarge:
    return TooLarge(f"A file may have at most {most // 1_000_000} MB.")
