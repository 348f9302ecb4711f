"""``/api/v1/ai``: what models may cost and did cost, and the ledger of one's own calls."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import Response

from crm_app.api.pages import Listed, Page, page_of
from crm_app.api.pages import Query as Asked
from crm_app.api.replies import reply
from crm_app.domain.ai.features import Feature
from crm_app.domain.spending import service as spending
from crm_app.domain.spending.models import CallState
from crm_app.domain.spending.views import CallFilter, CallRow, CallView, LimitSet, PersonSpending, ReportFilter, ReportView, SpendingView

router = APIRouter(prefix="/v1/ai", tags=["assistant"])
Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(9998, 1, 1))]


class ReportQuery(Asked):
    """Which days, as you count days, the last one included. ``everybody`` is for those who manage the team."""

    first: Day
    last: Day
    everybody: bool = False


class CallQuery(Listed):
    """Which of your calls, newest first."""

    feature: Feature | None = None
    state: CallState | None = None


@router.get("/spending", response_model=SpendingView)
async def get_spending(request: Request) -> Response:
    """What you may spend and have spent today and this month, in millionths of a US dollar, and the same of the team and of features."""
    return await reply(request, spending.get_spending)


@router.get("/spending/people", response_model=tuple[PersonSpending, ...])
async def list_people_spending(request: Request) -> Response:
    """What everybody may spend and has spent; for those who manage the team."""
    return await reply(request, spending.list_people_spending)


@router.get("/spending/report", response_model=ReportView)
async def get_report(request: Request, query: Annotated[ReportQuery, Query()]) -> Response:
    """What was spent in some days, by day, person, feature and model."""
    return await reply(request, spending.get_report, ReportFilter(**query.model_dump()))


@router.put("/limits", status_code=204)
async def set_limit(request: Request, body: LimitSet) -> Response:
    """Say what may be spent from now on: of yourself less than you may, of others, features and the team if you manage it."""
    return await reply(request, spending.set_limit, body, status=204)


@router.get("/calls", response_model=Page[CallRow])
async def list_calls(request: Request, query: Annotated[CallQuery, Query()]) -> Response:
    """Your own calls."""
    return await reply(request, spending.list_calls, CallFilter(**query.model_dump()), shape=page_of("calls"))


@router.get("/calls/{call_id}", response_model=CallView)
async def get_call(request: Request, call_id: UUID) -> Response:
    """One of your calls, with what was sent and what came, while that is kept."""
    return await reply(request, spending.get_call, call_id)
