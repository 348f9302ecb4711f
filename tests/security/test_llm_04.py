"""LLM-04: what a model returns is held to a form; a change is a proposal that a person accepts, and whatever else comes has no effect at all."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import text

from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate
from crm_app.domain.errors import CrmError, Invalid
from crm_app.domain.suggestions import service as suggestions
from crm_app.domain.suggestions.models import Kind
from crm_app.domain.suggestions.payloads import FORMS, kept, read_form
from crm_app.domain.suggestions.schemas import ProposalCreate
from crm_app.domain.unit_of_work import run_service
from tests.security.counts import counted

WORDS = st.one_of(st.text(max_size=30), st.sampled_from(["", "me", "inactive", "'; drop table contact; --", "<script>alert(1)</script>", "2026-01-01", "owner_id", "1e309", "\x00", "‮"]))
ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**12), 10**12), st.floats(), WORDS, st.uuids().map(str)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=3)), max_leaves=6,
)  # fmt: skip
FIELDS = sorted({name for form in FORMS.values() for name in form.model_fields} | {"owner_id", "audience", "role", "id", "state", "version", "sql", "tool_calls", "bcc"})
PAYLOADS = st.dictionaries(st.sampled_from(FIELDS), ANYTHING, max_size=6)


@counted(500, 5_000, "payloads")
def test_llm_04_whatever_a_model_writes_is_a_form_or_nothing(count: int) -> None:
    @settings(max_examples=count, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(Kind), PAYLOADS)
    def one(kind: Kind, payload: dict[str, Any]) -> None:
        try:
            form = read_form(kind, payload)
        except Invalid as refusal:
            assert set(refusal.fields) or refusal.message
            return
        whole = kept(form)
        assert set(whole) == set(FORMS[kind].model_fields), "nothing beside the form is kept"
        assert read_form(kind, json.loads(json.dumps(whole))) == form, "and it is read again as it was written"

    one()


@pytest.mark.parametrize("kind", Kind)
def test_llm_04_no_payload_has_an_effect(run: Any, alice: Any, bob: Any, database: Any, kind: Kind) -> None:
    """Also one that is taken is a row that waits: nothing else changes, and nothing of another's is named."""
    mine = run(alice, contacts.create_contact, ContactCreate(display_name="Ana Silva")).id
    hidden = run(bob, contacts.create_contact, ContactCreate(display_name="Secret", audience="private")).id
    before = _rows(database)
    known = st.sampled_from([str(mine), str(hidden), str(uuid4()), [str(mine)], [str(hidden)]])

    @settings(max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(PAYLOADS, known)
    def one(payload: dict[str, Any], key: Any) -> None:
        name = next((field for field in FORMS[kind].model_fields if field in ("contact_id", "contact_ids")), None)
        values = {**{field: value for field, value in payload.items() if field in FORMS[kind].model_fields}, **({name: key} if name else {})}
        try:
            made = run_service(alice, suggestions.propose, ProposalCreate(kind=kind, payload=values))
        except (CrmError, ValidationError):
            return
        assert str(hidden) not in json.dumps(made.payload)

    one()
    assert _rows(database) == before


def _rows(database: Any) -> list[Any]:
    """Everything that a suggestion could change."""
    tables = ("contact", "contact_point", "contact_tag", "tag", "interaction", "task", "task_step", "goal_check_in", "mail_draft", "outbox", "job", "change")
    with database.owner.connect() as connection:
        return [connection.execute(text(f"select md5(string_agg(t::text, '|' order by t::text)) from {table} t")).scalar() for table in tables]
