"""TOK-04: nothing that a service returns or the REST interface answers has a place for a secret or for what is sealed."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import BaseModel, Secret, SecretBytes, SecretStr
from sqlmodel import SQLModel

from crm_app.api.app import describe_api
from crm_app.domain import tables as tables
from crm_app.domain.connections.models import ConnectionSecret
from crm_app.domain.connections.schemas import ConnectionCreate
from crm_app.domain.sealing import SEALED_COLUMNS
from crm_app.domain.secret_box import Sealed
from tests.security.test_rights import FOUND

SECRETS = (SecretStr, SecretBytes, Secret, Sealed)
SEALED_TABLES = {column.table for column in SEALED_COLUMNS}


def within(kind: Any, seen: set[Any]) -> Iterator[Any]:
    """Every type that a value of this type can hold."""
    try:
        if kind in seen:
            return
        seen.add(kind)
    except TypeError:  # metadata of an annotation that cannot be remembered
        return
    yield kind
    for argument in typing.get_args(kind):
        yield from within(argument, seen)
    if isinstance(kind, type) and not isinstance(kind, types.GenericAlias):
        if issubclass(kind, BaseModel):
            for field in kind.model_fields.values():
                yield from within(field.annotation, seen)
        elif dataclasses.is_dataclass(kind) or hasattr(kind, "_fields"):
            for hint in typing.get_type_hints(kind).values():
                yield from within(hint, seen)


def secrets_in(kind: Any) -> list[str]:
    """Which of those are secret, or rows with something sealed in them."""
    return [str(each) for each in within(kind, set()) if isinstance(each, type) and (issubclass(each, SECRETS) or _is_sealed_row(each))]


def _is_sealed_row(kind: type) -> bool:
    return issubclass(kind, SQLModel) and getattr(kind, "__tablename__", None) in SEALED_TABLES


def returned(service: Callable[..., Any]) -> Any:
    return typing.get_type_hints(service).get("return")


@pytest.mark.parametrize("name", sorted(FOUND))
def test_tok_04_no_service_returns_a_secret(name: str) -> None:
    assert secrets_in(returned(FOUND[name])) == [], f"{name} returns what nobody may be shown"


def test_tok_04_the_search_finds_what_it_looks_for() -> None:
    @dataclasses.dataclass
    class Holder:
        made: tuple[ConnectionCreate, ...] | None

    class View(BaseModel):
        row: ConnectionSecret

    for kind in (SecretStr, dict[str, list[Sealed]], Holder, View, ConnectionSecret, ConnectionCreate | None, SecretBytes):
        assert secrets_in(kind), kind
    assert secrets_in(dict[str, int] | None) == []


def test_tok_04_no_answer_of_the_rest_interface_has_a_place_for_a_secret() -> None:
    document = describe_api()
    schemas = document["components"]["schemas"]
    answers = [answer for path in document["paths"].values() for operation in path.values() for answer in operation.get("responses", {}).values()]
    seen: set[str] = set()

    def kinds(node: Any) -> Iterator[dict[str, Any]]:
        if isinstance(node, list):
            for each in node:
                yield from kinds(each)
        elif isinstance(node, dict):
            yield node
            name = str(node.get("$ref", "")).rsplit("/", 1)[-1]
            if name and name not in seen:
                seen.add(name)
                yield from kinds(schemas[name])
            for each in node.values():
                yield from kinds(each)

    found = [node for node in kinds(answers) if node.get("writeOnly") or node.get("format") == "password"]
    assert found == [] and len(seen) > 20
    hidden = {column.column for column in SEALED_COLUMNS} | {column.key_id for column in SEALED_COLUMNS}
    assert [name for name in seen if hidden & set(schemas[name].get("properties", {}))] == []


def test_tok_04_a_secret_that_is_written_out_is_hidden() -> None:
    made = ConnectionCreate(kind="caldav", name="x", url="https://x.example", password=SecretStr("canary"))
    assert "canary" not in made.model_dump_json() + repr(made) + str(made.model_dump()) + str(made)
