"""Reading the few short forms of the plain pages. No multipart, no files: nothing that a stranger could make slow."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request

MAX_FIELDS = 16


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a URL-encoded form, the last of a name; 415 for another kind, 400 for a broken one. The gatekeeper has capped the size."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise HTTPException(415)
    body = await request.body()
    try:
        return dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict"))
    except ValueError as error:
        raise HTTPException(400) from error
