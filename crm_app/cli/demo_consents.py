"""What the demo's people agree to: most of them to everything that is asked of a client, some not to AI, and one has taken something back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

from crm_app.domain.actor import Actor
from crm_app.domain.consents import service as consents
from crm_app.domain.consents.schemas import ConsentCreate
from crm_app.domain.unit_of_work import run_service

# What for, whose (none: of everybody but those named after it), days ago, how, where it can be seen.
GIVEN = (
    (("data_processing", "health_notes"), (), (), 75, "paper", "Signed at the first session, folder “Clients”"),
    (("ai",), (), ("Tom Brennan", "Claire Dubois"), 54, "form", "Online form, question 4"),
    (("marketing",), ("Amara Okafor", "Grace Mbeki"), (), 75, "form", "Online form, question 5"),
)
WITHDRAWN = (("marketing", "Amara Okafor", 20, "email", "Mail with the subject “Newsletter”"),)


def fill_consents(mara: Actor, keys: Mapping[str, UUID]) -> None:
    """Given first, then taken back."""
    today = datetime.now(UTC).date()
    for purposes, names, but, days, channel, evidence in GIVEN:
        people = [keys[name] for name in names or keys if name not in but]
        wish = {"contact_ids": people, "purposes": purposes, "channel": channel, "happened_on": today - timedelta(days=days), "evidence": evidence}
        run_service(mara, consents.record_consents, ConsentCreate.model_validate(wish))
    for purpose, name, days, channel, evidence in WITHDRAWN:
        taken = {"contact_ids": [keys[name]], "purposes": [purpose], "action": "withdrawn", "channel": channel, "evidence": evidence}
        run_service(mara, consents.record_consents, ConsentCreate.model_validate({**taken, "happened_on": today - timedelta(days=days)}))
