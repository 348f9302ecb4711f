"""Pictures of a mail, fetched from wherever they lie: through the gate, several at a time, without a word about who asks."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from concurrent.futures import TimeoutError as OutOfTime
from contextlib import suppress

import structlog

from crm_app.infrastructure.outbound import Gate, OutboundError
from crm_app.infrastructure.outbound_http import Caller

log = structlog.get_logger(__name__)

SECONDS, TOGETHER = 8.0, 20.0
MOST, MOST_TOGETHER = 5_000_000, 20_000_000
AT_ONCE = 6
HEADERS = {"accept": "image/webp,image/png,image/jpeg,image/gif", "user-agent": "Mozilla/5.0"}
_KINDS = ("image/webp", "image/png", "image/jpeg", "image/jpg", "image/pjpeg", "image/gif", "application/octet-stream")


def fetch_pictures(gate: Gate, addresses: Sequence[str], *, together: float = TOGETHER) -> Iterator[tuple[str, bytes]]:
    """Each address that answers with a picture, as it comes. What is slow, too large, or anything else is left out; after ``together`` seconds the rest is."""
    until, room = time.monotonic() + together, MOST_TOGETHER
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="picture")
    try:
        asked = {pool.submit(_fetch, gate, address, until): address for address in addresses}
        with suppress(OutOfTime):
            for done in as_completed(asked, timeout=together):
                content = done.result()
                if content and len(content) <= room:
                    room -= len(content)
                    yield asked[done], content
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _fetch(gate: Gate, address: str, until: float) -> bytes:
    left = min(SECONDS, until - time.monotonic())
    if left <= 0:
        return b""
    try:
        with Caller(gate, seconds=left, most=MOST, most_decoded=MOST) as caller:
            answer = caller.ask(address, headers=HEADERS)
    except OutboundError as failure:
        log.info("a picture of a mail was not fetched", failure=type(failure).__name__)
        return b""
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    return answer.body if answer.status == 200 and kind in _KINDS else b""
