"""``mindfulcrm ai ask``: a question from a terminal, through the gate to a model of one's own, and its answer with sources and cost."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ai.server import Model, Say, running
from tests.commands import begin, begin_python, run, text_of
from tests.practice import copy_host, held

MARA = "mara@team.example"
SET_UP = """
import sys
from crm_app.cli.frame import database
with database():
    from crm_app.cli.acting import acting_as
    from crm_app.domain.ai import places, service as ai
    from crm_app.domain.ai.schemas import ModelCreate, ProviderCreate, SettingsUpdate
    from crm_app.domain.consents import service as consents
    from crm_app.domain.consents.schemas import ConsentCreate
    from crm_app.domain.contacts import service as contacts
    from crm_app.domain.contacts.schemas import ContactCreate
    from crm_app.domain.unit_of_work import run_service
    places.bind_places(lambda host, port: True)
    mara = acting_as("mara@team.example")
    run_service(mara, ai.change_settings, SettingsUpdate(version=run_service(mara, ai.get_settings).version, enabled=True))
    made = run_service(mara, ai.create_provider, ProviderCreate(provider="compatible", name="here", base_url=sys.argv[1], local=True, trains=False))
    run_service(mara, ai.create_models, made.id, [ModelCreate(name="small-1", label="Small", context_tokens=100_000, max_output=2_000, tools=True)])
    jane = run_service(mara, contacts.create_contact, ContactCreate(display_name="Jane Doe"))
    run_service(mara, consents.record_consents, ConsentCreate(contact_ids=[jane.id], purposes=["ai"]))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with held(copy_host(tmp_path_factory.mktemp("asking"), tmp_path_factory, ("Mara", "owner"))) as folder:
        yield folder


def ask(folder: Path, model: Model, *words: str, **more: bool) -> str:
    return run(folder, "ai", "ask", "--as", MARA, *words, MINDFULCRM_INNER_HOSTS=f"127.0.0.1:{model.port}", **more)  # type: ignore[arg-type]


def asked(folder: Path, model: Model, question: str) -> tuple[int, dict]:
    """How ``ai ask … --json`` ends, and the one object that it prints."""
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr, open(os.devnull, "rb") as nothing:
        inner = f"127.0.0.1:{model.port}"
        status = begin(folder, "ai", "ask", "--as", MARA, question, "--json", files=(nothing, stdout, stderr), MINDFULCRM_INNER_HOSTS=inner).wait(150)
        said, complaint = text_of(stdout), text_of(stderr)
    assert "Traceback" not in complaint and (status == 0) == (complaint == ""), complaint
    return status, json.loads(said)


def test_a_question_is_answered_with_its_sources_model_and_cost(folder: Path) -> None:
    with running() as model:
        assert asked(folder, model, "How is Jane?") == (1, {"error": "AI is switched off. The owner of this team or an admin can switch it on under Settings, AI & budgets.", "cost_micros": 0})
        assert asked(folder, model, "  ")[1]["error"].endswith("A question has between 1 and 4000 characters.")
        assert begin_python("-c", SET_UP, model.url, files=(0, 1, 2), environment={**os.environ, "MINDFULCRM_DATA_DIR": str(folder / "data")}).wait(150) == 0
        model.say(Say(status=429, headers={"retry-after": "1"}), Say(calls=[("find_people", '{"words": "Jane"}')], finish="tool_calls"), Say(calls=[("read_person", '{"person": "p1"}')], finish="tool_calls"), Say("She is well. [1]"))
        code, result = asked(folder, model, "How is Jane?")
        assert code == 0, "that it had to ask twice stands in no script's way"
        assert (result["answer"], result["model"], result["cost_micros"]) == ("She is well. [1]", "Small", 0)
        assert [(one["number"], one["kind"], one["title"]) for one in result["sources"]] == [(1, "contact", "Jane Doe")]
        assert result["steps"] == ["Searched contacts", "Read Jane Doe"] and result["conversation"]
        model.say(Say("I do not know."))
        printed = ask(folder, model, "And Tom?", "--tier", "local")
        assert printed.splitlines()[0] == "I do not know." and "Small" in printed
        assert "signs in" in run(folder, "ai", "ask", "--as", "nobody@team.example", "Hello", fails=True)

