"""Which function does the work of which kind of job."""

from __future__ import annotations

from types import MappingProxyType

from crm_app.ai.skills.asking import MAKE
from crm_app.domain.ai.trying import TRY
from crm_app.domain.cadence.service import RECOUNT
from crm_app.domain.calendar.writing import WRITE
from crm_app.domain.connections.queries import SYNC, TEST
from crm_app.domain.delegations.service import DELEGATE
from crm_app.domain.imports.service import KIND as IMPORT
from crm_app.domain.outbox.delivering import FILE
from crm_app.domain.team.handing_over import KIND as HAND_OVER
from crm_app.jobs.ai_trials import run_trial
from crm_app.jobs.analyses import run_making
from crm_app.jobs.cadence import run_recount
from crm_app.jobs.calendar_writing import run_writing
from crm_app.jobs.connection_tests import run_test
from crm_app.jobs.connections import run_sync
from crm_app.jobs.delegations import run_delegation
from crm_app.jobs.imports import run_import
from crm_app.jobs.letters import run_filing
from crm_app.jobs.team import run_hand_over

HANDLERS = MappingProxyType({
    TRY: run_trial,
    IMPORT: run_import, RECOUNT: run_recount, HAND_OVER: run_hand_over, SYNC: run_sync, TEST: run_test, FILE: run_filing, WRITE: run_writing,
    MAKE: run_making, DELEGATE: run_delegation,
})  # fmt: skip
PATIENT = frozenset({SYNC, FILE, WRITE, MAKE, DELEGATE})
"""Kinds that come by themselves and may take long."""
