"""Which function does the work of which kind of job."""

from __future__ import annotations

from types import MappingProxyType

from crm_app.domain.cadence.service import RECOUNT
from crm_app.domain.imports.service import KIND as IMPORT
from crm_app.jobs.cadence import run_recount
from crm_app.jobs.imports import run_import

HANDLERS = MappingProxyType({IMPORT: run_import, RECOUNT: run_recount})
