"""What nobody expected: the log has everything, under a reference."""

from __future__ import annotations

from uuid import uuid4

import structlog
from prometheus_client import Counter

log = structlog.get_logger(__name__)

DEFECTS = Counter("crm_defects_total", "Defects of ours in what goes on in the background; the log has each.")


def report(what: str, defect: Exception, **facts: str) -> str:
    """Log a defect with ``facts`` beside it; the reference under which it stands there."""
    DEFECTS.inc()
    reference = uuid4().hex[:8]
    log.error(what, reference=reference, exc_info=defect, **facts)
    return reference
