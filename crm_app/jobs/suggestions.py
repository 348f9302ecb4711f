"""What nobody decided about in time has expired, and whoever had one withdrawn is told of it."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from uuid import UUID

from crm_app.domain.i18n import in_locale
from crm_app.domain.jobs.queries import find_owner
from crm_app.domain.suggestions import queries, withdrawing
from crm_app.domain.unit_of_work import anonymous_work, run_service
from crm_app.jobs.defects import report


def tidy(moment: datetime) -> None:
    """Have what is past its time expire, and forget what was decided three months ago."""
    with anonymous_work() as session:
        queries.tidy(session, moment)


def tell_withdrawn(_moment: datetime) -> int:
    """Tell everybody of what was withdrawn of theirs; of how many suggestions."""
    found: defaultdict[UUID, list[UUID]] = defaultdict(list)
    with anonymous_work() as session:
        for suggestion_id, owner in queries.list_untold(session):
            found[owner].append(suggestion_id)
        people = {owner: find_owner(session, owner) for owner in found}
    told = 0
    for owner, actor in people.items():
        if actor is None:
            continue
        try:
            with in_locale(actor.locale):
                told += run_service(actor, withdrawing.tell_withdrawn, found[owner])
        except Exception as defect:  # noqa: BLE001  one person's defect must not keep it from everybody else; the log has it
            report("telling of withdrawn suggestions failed", defect, person=str(owner))
    return told
