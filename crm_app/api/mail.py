"""``/api/v1/mail``: the conversations that mailboxes bring, as far as you may see them."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from crm_app.api.replies import reply, wanted_version
from crm_app.domain.mail import service as mail
from crm_app.domain.mail.models import Box, Shown
from crm_app.domain.mail.schemas import RuleSet, RuleView, ThreadPage, ThreadRow, ThreadView

router = APIRouter(prefix="/v1/mail", tags=["mail"])


class ThreadQuery(BaseModel):
    """Which threads: with people also what your team shows, ``unmatched`` and ``irrelevant`` only your own. ``search`` looks into what you may read."""

    model_config = ConfigDict(extra="forbid")

    box: Box = Box.PEOPLE
    contact_id: UUID | None = None
    search: Annotated[str, Field(max_length=200)] = ""
    after: Annotated[str | None, Field(max_length=2_000)] = None
    limit: Annotated[int, Field(ge=1, le=100)] = 40


class IrrelevantChoice(BaseModel):
    """Whether a conversation is none of the CRM's business. ``version`` is the one that was read, here or as ``If-Match``."""

    model_config = ConfigDict(extra="forbid")

    version: int | None = Field(default=None, ge=1)
    irrelevant: bool


class ShownChoice(BaseModel):
    """How much of a conversation your team sees. ``version`` is the one that was read, here or as ``If-Match``."""

    model_config = ConfigDict(extra="forbid")

    version: int | None = Field(default=None, ge=1)
    shown: Shown | None


class ThreadList(BaseModel):
    """Some threads, the latest first, and the cursor of the next page. ``unmatched``: how many of your own are from people who are no contacts."""

    items: tuple[ThreadRow, ...]
    next_cursor: str | None
    unmatched: int


class RuleList(BaseModel):
    """What you say of senders, by address."""

    items: tuple[RuleView, ...]


@router.get("/threads", response_model=ThreadList)
async def list_threads(request: Request, query: Annotated[ThreadQuery, Query()]) -> Response:
    """Conversations that you may see."""
    return await reply(request, mail.get_threads, shape=_listed, **query.model_dump())


@router.get("/threads/{thread_id}", response_model=ThreadView)
async def get_thread(request: Request, thread_id: UUID, limit: Annotated[int, Query(ge=1, le=mail.MOST_MAILS)] = mail.MAILS) -> Response:
    """One conversation, with as much of its latest mails as you may read. ``total`` says how many there are: ask with a larger ``limit`` for more of them."""
    return await reply(request, mail.get_thread, thread_id, limit=limit)


@router.put("/threads/{thread_id}/contacts/{contact_id}", response_model=ThreadView)
async def link_contact(request: Request, thread_id: UUID, contact_id: UUID) -> Response:
    """Say that a conversation in your mailbox concerns a contact."""
    return await reply(request, mail.link_contact, thread_id, contact_id)


@router.delete("/threads/{thread_id}/contacts/{contact_id}", response_model=ThreadView)
async def unlink_contact(request: Request, thread_id: UUID, contact_id: UUID) -> Response:
    """Say that a conversation in your mailbox does not concern a contact; no sync puts them back."""
    return await reply(request, mail.unlink_contact, thread_id, contact_id)


@router.put("/threads/{thread_id}/irrelevant", response_model=ThreadView)
async def mark_irrelevant(request: Request, thread_id: UUID, body: IrrelevantChoice) -> Response:
    """Say whether a conversation in your mailbox is none of the CRM's business."""
    return await reply(request, mail.mark_irrelevant, thread_id, body.irrelevant, version=wanted_version(request, body.version))


@router.put("/threads/{thread_id}/shown", response_model=ThreadView)
async def share_thread(request: Request, thread_id: UUID, body: ShownChoice) -> Response:
    """Say how much of a conversation in your mailbox your team sees; ``null`` leaves it to the mailbox."""
    return await reply(request, mail.share_thread, thread_id, _word(body.shown), version=wanted_version(request, body.version))


@router.get("/rules", response_model=RuleList)
async def list_rules(request: Request) -> Response:
    """What you say of senders."""
    return await reply(request, mail.list_rules, shape=lambda rules: {"items": rules})


@router.put("/rules", response_model=RuleView)
async def set_rule(request: Request, body: RuleSet) -> Response:
    """Always, or never, keep mail from an address or an ``@domain``."""
    return await reply(request, mail.set_rule, body.address, body.verdict.value)


@router.delete("/rules/{rule_id}", status_code=204)
async def remove_rule(request: Request, rule_id: UUID) -> Response:
    """Treat a sender like everybody again."""
    return await reply(request, mail.remove_rule, rule_id, status=204)


def _word(shown: Shown | None) -> str | None:
    return shown.value if shown else None


def _listed(found: ThreadPage) -> dict[str, Any]:
    return {"items": found.rows, "next_cursor": found.next, "unmatched": found.unmatched}
