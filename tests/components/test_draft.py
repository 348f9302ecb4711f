"""A draft has the fields of its schema, follows the inputs both ways, costs nothing when idle, and lands errors where they belong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from nicegui import binding, ui
from nicegui.testing import User
from pydantic import BaseModel, EmailStr, Field, field_validator

from crm_app.components import feedback
from crm_app.components.draft import Draft
from crm_app.components.fields import field
from crm_app.domain.errors import Invalid

Opened = Callable[[Callable[[], Any]], Awaitable[User]]


class Stage(StrEnum):
    DISCOVERY = "discovery"
    NEW_CLIENT = "new_client"


class Person(BaseModel):
    version: int
    name: Annotated[str, Field(min_length=1, max_length=40, title="Full name")]
    email: EmailStr | None = None
    stage: Stage = Stage.DISCOVERY
    audience: Literal["team", "private"] = "team"
    birthday: date | None = None
    visits: Annotated[int, Field(ge=0, le=99)] = 0
    tags: list[str] = []
    about: Annotated[str, Field(max_length=4000)] = ""
    favourite: bool = False
    owner_id: UUID | None = None

    @field_validator("about")
    @classmethod
    def _calm(cls, value: str) -> str:
        if "!" in value:
            raise ValueError("Say it without shouting")
        return value


FILLED = Person(version=3, name="Amara Okafor", stage=Stage.NEW_CLIENT, birthday=date(1990, 6, 3), visits=4, owner_id=UUID(int=7))


def test_a_draft_holds_what_inputs_hold() -> None:
    draft = Draft(Person, FILLED)
    assert (draft.name, draft.email, draft.stage, draft.birthday, draft.visits, draft.owner_id) == ("Amara Okafor", "", "new_client", "1990-06-03", "4", str(UUID(int=7)))


def test_only_changed_and_required_fields_are_sent() -> None:
    draft = Draft(Person, FILLED)
    draft.birthday = ""
    saved = draft.validated()
    assert saved is not None
    assert saved.model_dump(exclude_unset=True) == {"version": 3, "name": "Amara Okafor", "birthday": None}
    assert draft.changed == {"birthday"}
    draft.mark_saved()
    assert draft.changed == set()


def test_a_new_draft_starts_from_the_defaults() -> None:
    draft = Draft(Person, version=1, name="Leila")
    assert draft.stage == "discovery"
    saved = draft.validated()
    assert saved == Person(version=1, name="Leila")


def test_a_schema_that_clashes_is_refused() -> None:
    class Odd(BaseModel):
        changed: str = ""

    with pytest.raises(TypeError, match="changed"):
        Draft(Odd)


async def test_inputs_are_read_from_the_schema_and_bound_without_polling(opened: Opened) -> None:
    made: dict[str, Any] = {}

    def build() -> None:
        made["draft"] = draft = Draft(Person, FILLED)
        for name in Person.model_fields:
            if name not in ("version", "owner_id"):
                made[name] = field(draft, name)

    user = await opened(build)
    await user.should_see("Full name")
    draft = made["draft"]
    assert binding.active_links == []
    assert made["name"].props["maxlength"] == 40
    assert made["email"].props["type"] == "email"
    assert made["birthday"].props["type"] == "date"
    assert (made["visits"].props["type"], made["visits"].props["min"], made["visits"].props["max"]) == ("number", 0, 99)
    assert isinstance(made["stage"], ui.select) and made["stage"].options == {"discovery": "Discovery", "new_client": "New client"}
    assert isinstance(made["about"], ui.textarea) and isinstance(made["favourite"], ui.switch)
    made["name"].value = "Amara O."
    made["favourite"].value = True
    assert (draft.name, draft.favourite) == ("Amara O.", True)
    draft.stage = "discovery"
    assert made["stage"].value == "discovery"


async def test_what_the_schema_refuses_lands_on_its_input_and_goes_when_typing(opened: Opened) -> None:
    made: dict[str, Any] = {}

    def build() -> None:
        made["draft"] = draft = Draft(Person, FILLED)
        for name in ("name", "email", "about"):
            made[name] = field(draft, name)

    user = await opened(build)
    draft = made["draft"]
    draft.name, draft.email, draft.about = "", "amara@", "Hello!"
    with user:
        assert draft.validated() is None
    assert (made["name"].error, made["email"].error, made["about"].error) == ("This is needed", "Enter a full email address", "Say it without shouting")
    made["email"].value = "amara@norva.io"
    assert made["email"].error is None


async def test_what_a_service_refuses_lands_too_and_the_rest_is_said(opened: Opened) -> None:
    made: dict[str, Any] = {}

    def build() -> None:
        feedback.make_host()
        made["draft"] = draft = Draft(Person, FILLED)
        made["email"] = field(draft, "email")

    user = await opened(build)
    with user, made["draft"].landing():
        raise Invalid(fields={"email": "Claire already has this address.", "owner_id": "They have left the team."})
    assert made["email"].error == "Claire already has this address."
    await user.should_see("They have left the team.")
