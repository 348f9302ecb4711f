"""``mindfulcrm ai spend`` and ``mindfulcrm ai budget``: what scripts read, who may say what, and one sentence for everything else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands import run
from tests.practice import copy_host, held

# Each test changes the limits of people of its own: they share a folder, and come in any order.
PEOPLE = {"olga": "owner", "mia": "member", "nils": "member", "ada": "admin", "vito": "viewer"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A host's folder with people of every role."""
    people = [(name.capitalize(), role) for name, role in PEOPLE.items()]
    with held(copy_host(tmp_path_factory.mktemp("spending"), tmp_path_factory, *people)) as folder:
        yield folder


def spend(folder: Path, name: str) -> dict:
    return json.loads(run(folder, "ai", "spend", "--as", f"{name}@team.example", "--json"))


def test_before_anybody_has_asked_anything(folder: Path) -> None:
    found = spend(folder, "nils")
    assert (found["currency"], found["reserved"], found["spent"], found["limits"], found["left"]) == (
        "USD", {"day": 0, "month": 0}, {"day": 0, "month": 0}, {"day": 1.0, "month": 10.0}, {"day": 1.0, "month": 10.0},
    )  # fmt: skip
    assert found["team"]["limits"] == {"day": None, "month": 50.0} and found["features"] == {}
    printed = run(folder, "ai", "spend", "--as", "nils@team.example")
    assert printed.startswith("Today: $0.000000 spent and $0.000000 set aside of $1.00, $1.000000 left until 20") and "\nThis month: " in printed


def test_an_admin_says_it_of_anybody_and_others_ask_for_less_of_themselves(folder: Path) -> None:
    said = run(folder, "ai", "budget", "--as", "olga@team.example", "--for", "mia@team.example", "--daily", "2.5", "--monthly", "20", "--json")
    assert json.loads(said)["limits"] == {"day": 2.5, "month": 20.0} == spend(folder, "mia")["limits"]
    run(folder, "ai", "budget", "--as", "mia@team.example", "--daily", "0.40")
    assert spend(folder, "mia")["limits"] == {"day": 0.4, "month": 20.0}
    sentence = "You may spend $2.50 a day. You can ask for less, not for more."
    assert sentence in run(folder, "ai", "budget", "--as", "mia@team.example", "--daily", "2.51", fails=True)
    refused = run(folder, "ai", "budget", "--as", "mia@team.example", "--for", "olga@team.example", "--daily", "1", fails=True)
    assert "Only the owner of this team or an admin" in refused
    assert spend(folder, "olga")["limits"] == {"day": 1.0, "month": 10.0}


def test_an_admins_word_of_themselves_takes_back_that_they_asked_for_less(folder: Path) -> None:
    for daily in ("3", "0.2", "4"):
        run(folder, "ai", "budget", "--as", "ada@team.example", "--daily", daily)
        assert spend(folder, "ada")["limits"]["day"] == float(daily)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("budget", "--as", "mia@team.example"), "Say --daily, --monthly or both."),
        (("budget", "--as", "mia@team.example", "--daily", "a lot"), "a lot is not an amount, such as 1.50."),
        (("budget", "--as", "mia@team.example", "--daily", "-1"), "is not an amount between"),
        (("budget", "--as", "mia@team.example", "--daily", "NaN"), "is not an amount between"),
        (("budget", "--as", "mia@team.example", "--daily", "0.0000001"), "at most six digits"),
        (("budget", "--as", "vito@team.example", "--daily", "0.1"), "You can't use the assistant."),
        (("spend", "--as", "vito@team.example"), "You can't use the assistant."),
        (("spend", "--as", "nobody@team.example"), "Nobody in the team signs in as nobody@team.example."),
    ],
)
def test_a_mistake_is_one_sentence(folder: Path, words: tuple[str, ...], sentence: str) -> None:
    assert sentence in run(folder, "ai", *words, fails=True)
