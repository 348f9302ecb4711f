"""What nobody expected: the log has everything, under a reference."""

from __future__ import annotations

from uuid import uuid4

import structlog

log = structlog.get_logger(__name__)


def report(what: str, defect: Exception, **facts: str) -> str:
    """Log a defect with ``facts`` beside it; the reference under which it stands there."""
    reference = uuid4().hex[:8]
    log.error(what, reference=reference, exc_info=defect, **facts)
    return reference
