"""Pure rules of analyses: fingerprints, and how long a failed one waits."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from hashlib import sha256

from crm_app.domain.analyses.models import Analysis, AnalysisState, SubjectKind
from crm_app.domain.analyses.schemas import AnalysisView, SourceRef, Subject

MOST_ATTEMPTS = 4
FIRST_WAIT = timedelta(minutes=5)
LEASE = timedelta(minutes=5)
PUT_OFF = timedelta(hours=1)


def fingerprint_of(parts: Iterable[str]) -> str:
    """One fingerprint of these texts in this order: another word, or another place for it, is another fingerprint."""
    found = sha256()
    for part in parts:
        told = part.encode()
        found.update(f"{len(told)}:".encode() + told)
    return found.hexdigest()


def wait_after(attempts: int) -> timedelta:
    """How long an analysis waits that was tried this often: five minutes, then half an hour, then three hours."""
    return FIRST_WAIT * 6 ** max(0, attempts - 1)


def analysis_view(row: Analysis) -> AnalysisView:
    """The analysis as its owner reads it."""
    sources = tuple(SourceRef.model_validate(source) for source in row.sources)
    return AnalysisView(
        **row.model_dump(include={"id", "skill", "value", "made_of", "model_label", "why", "cost_micros", "call_id", "failure", "attempts", "run_after", "made_at"}),
        subject=Subject(kind=SubjectKind(row.subject_kind), id=row.subject_id), state=AnalysisState(row.state),
        stale=row.value is not None and (row.state != AnalysisState.DONE.value or row.made_of != row.wanted_of), sources=sources,
    )  # fmt: skip
