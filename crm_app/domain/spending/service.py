"""Spending on models: the meter that every call goes through, limits, and what was spent."""

from __future__ import annotations

from crm_app.domain.spending.ledger import get_call as get_call  # services of this subject
from crm_app.domain.spending.ledger import list_calls as list_calls
from crm_app.domain.spending.limits import get_spending as get_spending
from crm_app.domain.spending.limits import list_people_spending as list_people_spending
from crm_app.domain.spending.limits import set_limit as set_limit
from crm_app.domain.spending.metering import release_call as release_call
from crm_app.domain.spending.metering import reserve_call as reserve_call
from crm_app.domain.spending.metering import settle_call as settle_call
from crm_app.domain.spending.metering import tell_refused as tell_refused
from crm_app.domain.spending.reports import export_spending as export_spending
from crm_app.domain.spending.reports import get_report as get_report
