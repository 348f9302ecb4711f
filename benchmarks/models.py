"""What a question to a model costs beside the model's own time: its way there and back, and the library that is imported at the first."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice, permutations

from benchmarks.measure import Result, repeat, spread
from crm_app.ai import assistant, calling
from crm_app.ai.bound import bind_gateway
from crm_app.ai.gateway import load_library, open_gateway
from crm_app.ai.types import Ask, Message
from crm_app.domain.actor import Actor
from crm_app.domain.ai import places
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.features import Feature
from crm_app.domain.ai.kinds import ProviderKind
from crm_app.domain.ai.schemas import ModelCreate, ProviderCreate, SettingsUpdate
from crm_app.domain.conversations import service as talks
from crm_app.domain.conversations.schemas import TurnCreate
from crm_app.domain.disclosure import identity_queries
from crm_app.domain.permissions import Role
from crm_app.domain.unit_of_work import run_service
from crm_app.infrastructure.database import Database
from tests.ai.server import Model, Say, running

THINKS = 0.1
ASKED = "Summarise this in two sentences, and say what is open. " + "Tom told me that he sleeps better since we moved his session to the morning. " * 60
NAMING = "How is Tom Silva, and when did I last meet Anna? Her number is +351 912 440 187."
LONG = " ".join("".join(letters) for letters in islice(permutations("brainsoul", 6), 0, 50_000, 100))
ENDLESS = Say("word " * 40, wait=THINKS)


def measure_models(database: Database, times: int) -> Iterator[Result]:
    """A server on this machine thinks for a tenth of a second and then speaks; everything else is ours."""
    taken, memory = _import()
    yield Result("import of LiteLLM, at the first question", round(taken, 2), "s")
    yield Result("import of LiteLLM: memory", round(memory, 1), "MB")
    load_library()
    with running() as model:
        asker = _set_up(database, model)
        yield spread("first piece of a streamed answer, beyond the model's own time", [_first(model, asker) for _ in range(times + 2)][2:], target=150)
        yield spread("a whole answer, beyond the model's own time", [_whole(model, asker) for _ in range(times + 2)][2:], target=150)
        yield spread("first word of the assistant, beyond the model's own time", [_assistant(model, asker) for _ in range(times + 2)][2:], target=150)
        question = _question()
        yield spread("what a question would cost", [_timed(lambda: calling.estimate(asker, question)) for _ in range(times)])
        for what, said in (("a question", NAMING), ("a letter of 500 different words", LONG)):
            yield repeat(f"who is named in {what}", lambda said=said: run_service(asker, identity_queries.list_named_in, [said]), times=times)  # type: ignore[misc]


def _first(model: Model, asker: Actor) -> float:
    model.always = ENDLESS
    with closing(calling.stream(asker, _question())) as coming:
        return _timed(lambda: next(coming)) - THINKS * 1000


def _assistant(model: Model, asker: Actor) -> float:
    """From a question that was kept to the first word of its answer."""
    model.always = ENDLESS
    begun = run_service(asker, talks.begin_turn, TurnCreate(question=ASKED[:3_900]))
    with closing(assistant.answer(lambda: asker, begun.turn_id)) as coming:
        return _timed(lambda: next(coming)) - THINKS * 1000


def _whole(model: Model, asker: Actor) -> float:
    model.always = Say("It went well.", wait=THINKS)
    return _timed(lambda: calling.ask(asker, _question())) - THINKS * 1000


def _question() -> Ask:
    return Ask(feature=Feature.ASSISTANT, messages=(Message("user", ASKED),), max_output=400)


def _timed(call: Callable[[], object]) -> float:
    begin = time.perf_counter()
    call()
    return (time.perf_counter() - begin) * 1000


def _import() -> tuple[float, float]:
    """Seconds and megabytes, in a process of its own."""
    program = (
        "import psutil, time; from crm_app.ai.gateway import load_library; me = psutil.Process(); before = me.memory_info().rss; begin = time.perf_counter(); "
        "load_library(); print(time.perf_counter() - begin, (me.memory_info().rss - before) / 1e6)"
    )
    seconds, memory = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=300).stdout.split()
    return float(seconds), float(memory)


def _set_up(database: Database, model: Model) -> Actor:
    """AI is on, and the model is a server of the practice's own, so that nothing is spent."""
    with database.owner_connection() as connection:
        row = connection.execute("select id from user_account order by id limit 1").fetchone()
        assert row is not None
    owner = Actor(user_id=row[0], role=Role.OWNER)
    places.bind_places(lambda host, port: port == model.port)
    bind_gateway(open_gateway(f"127.0.0.1:{model.port}"))
    run_service(owner, ai.change_settings, SettingsUpdate(version=run_service(owner, ai.get_settings).version, enabled=True))
    made = run_service(owner, ai.create_provider, ProviderCreate(provider=ProviderKind.COMPATIBLE, name="bench", base_url=model.url, local=True, trains=False))
    run_service(owner, ai.create_models, made.id, [ModelCreate(name="small-1", context_tokens=100_000, max_output=2_000, tools=True)])
    return owner
