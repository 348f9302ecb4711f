"""Our questions and the stand-in's answers, held against what Google publishes of its interface: ``calendar_v3.json`` is a part of its discovery document."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from crm_app.domain.google.authority import CALENDARS
from crm_app.providers.google.account import EVENT
from crm_app.providers.google.fake import FakeGoogle
from crm_app.providers.google.masks import masked
from tests.providers.google.conftest import CAL, Account, cancelled, daily, event, exception, fake_account
from tests.providers.keeping import Kept

DOCUMENT: dict[str, Any] = json.loads((Path(__file__).parent / "calendar_v3.json").read_text(encoding="utf-8"))


def strict(node: Any) -> Any:
    """A schema of Google's as JSON Schema that takes nothing unknown."""
    if isinstance(node, list):
        return [strict(one) for one in node]
    if not isinstance(node, dict):
        return node
    found = {name: strict(value) for name, value in node.items() if name not in ("id", "format", "default", "required", "properties")}
    if "properties" in node:
        found["properties"] = {name: strict(value) for name, value in node["properties"].items()}
    if "$ref" in found:
        return {"$ref": f"#/schemas/{found['$ref']}"}
    if found.get("type") == "object" and "additionalProperties" not in found:
        found["additionalProperties"] = False
    return found


SCHEMAS = {name: strict(schema) for name, schema in DOCUMENT["schemas"].items()}


def faults(kind: str, said: Any) -> list[str]:
    validator = Draft7Validator({"$ref": f"#/schemas/{kind}", "schemas": SCHEMAS})
    return [f"{'/'.join(map(str, fault.path))}: {fault.message}" for fault in validator.iter_errors(said)]


def method_of(path: str) -> dict[str, Any]:
    for method in DOCUMENT["methods"].values():
        if re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(method["path"])), path):
            return method
    raise AssertionError(f"Google has nothing at {path}")


@pytest.fixture(scope="module")
def spoken() -> FakeGoogle:
    """Everything that a sync asks, and what it is answered."""
    account: Account = fake_account()
    google = account.google
    google.add_calendar("team#1@group.calendar.google.com", "Team", role="reader", summaryOverride="Ours")
    guests = [{"email": "tom@mail.example", "displayName": "Tom", "responseStatus": "needsAction", "self": False}, {"email": "r@resource.example", "resource": True}]
    conference = {"entryPoints": [{"entryPointType": "video", "uri": "https://meet.google.com/a"}]}
    google.put(CAL, event("e", "Walk", attendees=guests, conferenceData=conference, visibility="private", organizer={"email": CAL}, description="x", location="y", sequence=1))
    google.put(CAL, daily("s", "Course"))
    account.source.list_calendars()
    kept = Kept().look(account.source, CAL)
    for change in (exception("s", "Moved", 2), cancelled("s", 3)):
        google.put(CAL, change)
        kept.look(account.source, CAL)
    google.remove(CAL, "e")
    google.forget_tokens()
    Kept().look(account.source, "team#1@group.calendar.google.com")
    kept.look(account.source, CAL)
    return google


def test_every_question_is_one_that_google_takes(spoken: FakeGoogle):
    asked = [(path.removeprefix("/calendar/v3/"), given) for _method, path, given in spoken.asked if path.startswith("/calendar/")]
    assert {method_of(path)["path"] for path, _given in asked} == {method["path"] for method in DOCUMENT["methods"].values()}, "all of them are asked"
    for path, given in asked:
        method = method_of(path)
        known = {name: rule for name, rule in {**DOCUMENT["parameters"], **method["parameters"]}.items() if rule["location"] == "query"}
        assert CALENDARS in method["scopes"], "what was granted is enough"
        for name, values in given.items():
            assert name in known and (len(values) == 1 or known[name].get("repeated")), name
            assert set(values) <= set(known[name].get("enum", values)), values
        assert not {"syncToken", "iCalUID"} <= set(given), "Google refuses these together"


def test_every_answer_of_the_stand_in_is_one_that_google_could_give(spoken: FakeGoogle):
    assert len(spoken.answers) >= 10
    for path, said in spoken.answers:
        assert faults(method_of(path)["response"]["$ref"], said) == [], path
    assert faults("Event", {"id": 5}) and faults("Event", {"summry": "x"}), "the check would find a wrong type and a wrong name"


def test_what_is_asked_for_of_an_event_exists(spoken: FakeGoogle):
    names = set(re.findall(r"[A-Za-z]+", EVENT)) - {"entryPoints", "entryPointType", "uri", "email", "displayName", "responseStatus", "resource"}
    assert names <= set(SCHEMAS["Event"]["properties"])
    assert {"email", "displayName", "responseStatus", "resource"} <= set(SCHEMAS["EventAttendee"]["properties"])
    assert {"entryPointType", "uri"} <= set(SCHEMAS["EntryPoint"]["properties"]) and "entryPoints" in SCHEMAS["ConferenceData"]["properties"]


def test_a_mask_leaves_what_it_names():
    said = {"next": "x", "other": 1, "items": [{"id": 1, "a": {"b": [{"c": 2, "d": 3}], "e": 4}, "f": 5}]}
    assert masked(said, "next,items(id,a/b(c))") == {"next": "x", "items": [{"id": 1, "a": {"b": [{"c": 2}]}}]}
