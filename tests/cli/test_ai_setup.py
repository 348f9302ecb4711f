"""``mindfulcrm ai on``, ``off`` and ``connect`` as scripts use them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands import run
from tests.practice import copy_host, held

MARA, BO = "mara@team.example", "bo@team.example"
KEY = "sk-violet-kettle"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A host's folder with an owner and a member."""
    with held(copy_host(tmp_path_factory.mktemp("host"), tmp_path_factory, ("Mara", "owner"), ("Bo", "member"))) as folder:
        yield folder


def test_a_known_model_brings_its_price_and_the_key_comes_by_standard_input(folder: Path) -> None:
    said = run(folder, "ai", "connect", "openai", "--as", MARA, "--key-stdin", "--no-training", "--model", "gpt-4o-mini", given=f"{KEY}\n")
    assert said == "OpenAI can be asked for gpt-4o-mini." and KEY not in said


def test_a_server_on_this_machine_is_the_word_of_its_host(folder: Path) -> None:
    words = ("ai", "connect", "compatible", "--as", MARA, "--name", "Here", "--base-url", "http://127.0.0.1:8123/v1", "--local", "--model", "qwen3:8b")
    assert "This address is inside this network" in run(folder, *words, fails=True)
    assert run(folder, *words, "--allow-loopback", "--context", "32768") == "Here can be asked for qwen3:8b."


def test_it_is_switched_on_and_off_by_an_admin(folder: Path) -> None:
    assert run(folder, "ai", "on", "--as", MARA) == "AI is on." and run(folder, "ai", "on", "--as", MARA) == "AI is on."
    assert "Only the owner of this team or an admin" in run(folder, "ai", "off", "--as", BO, fails=True)
    assert run(folder, "ai", "off", "--as", MARA) == "AI is off."


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("anthropic", "--model", "x"), "Anthropic needs a key."),
        (("compatible", "--model", "x"), "Enter the address"),
        (("compatible", "--base-url", "https://models.example.org", "--model", "x", "--input-price", "20000"), "input_price"),
        (("nobody", "--model", "x"), "Usage:"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(folder: Path, words: tuple[str, ...], sentence: str) -> None:
    assert sentence in run(folder, "ai", "connect", *words, "--as", MARA, fails=True)
