"""Spending on models: the meter that every call goes through, limits, and what was spent."""

from __future__ import annotations

from crm_app.domain.spending.metering import release_call as release_call  # services of this subject
from crm_app.domain.spending.metering import reserve_call as reserve_call
from crm_app.domain.spending.metering import settle_call as settle_call
