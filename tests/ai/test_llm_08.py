"""LLM-08: the library calls nobody but whom it is told to, and no base URL leads inside."""

from __future__ import annotations

import importlib
import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from crm_app.ai import gateway
from crm_app.ai.errors import AiError
from crm_app.ai.gateway import LiteLlmGateway
from crm_app.ai.types import Endpoint, Message, Request
from crm_app.infrastructure.outbound_addresses import Allowance
from tests.infrastructure.outbound.conftest import World
from tests.infrastructure.outbound.spellings import PUBLIC, SPELLINGS

ROOT = Path(__file__).parents[2]


def test_llm_08_an_import_and_a_call_make_one_connection(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("OPENAI_API_KEY=sk-of-the-host\n", encoding="utf-8")
    ended = subprocess.run([sys.executable, "-m", "tests.ai.one_call"], cwd=tmp_path, env={"PYTHONPATH": str(ROOT), "PATH": ""}, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout.splitlines()[-1])
    assert told["answer"] == "Good morning to you." and told["connections"] == 1
    assert [entry for entry in told["seen"] if entry.startswith("socket.connect")] == [f"socket.connect ['127.0.0.1', {told['port']}]".replace("[", "(").replace("]", ")")]
    assert [entry for entry in told["seen"] if not entry.startswith("socket.connect") and "127.0.0.1" not in entry] == [] and told["key"] is None
    assert told["early"] == [], "the gateway's module itself imports none of them"


def test_llm_08_nothing_imports_the_library_before_somebody_asks() -> None:
    program = "import sys, crm_app.main, crm_app.cli, crm_app.domain.tables; print(sorted({'litellm', 'openai', 'tiktoken', 'tokenizers'} & sys.modules.keys()))"
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert ended.stdout.strip() == "[]", ended.stderr


def test_llm_08_collecting_the_tests_imports_no_library() -> None:
    program = "import sys, pytest; pytest.main(['--collect-only', '-q', '-p', 'no:cacheprovider', 'tests/ai']); print(sorted({'litellm', 'openai'} & sys.modules.keys()))"
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=170)
    assert ended.stdout.splitlines()[-1] == "[]", ended.stdout[-2000:]


def test_llm_08_the_library_is_silenced_whatever_it_was_told_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loaded anew with everything set as loudly as it can be: nothing it would tell, keep, fetch or ask of its own accord is left."""
    library = gateway.load_library()
    loud = {"telemetry": True, "suppress_debug_info": False, "drop_params": False, "disable_streaming_logging": False, "turn_off_message_logging": False, "disable_hf_tokenizer_download": False}
    told, names = ("callbacks", "success_callback", "failure_callback", "input_callback", "service_callback"), ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy", "openai", "httpx")
    for flag, value in loud.items():
        monkeypatch.setattr(library, flag, value)
    for name in told:
        monkeypatch.setattr(library, name, ["somebody_else"])
    for name in names:
        monkeypatch.setattr(logging.getLogger(name), "level", logging.DEBUG)
    handler = importlib.import_module("litellm.llms.custom_httpx.http_handler").HTTPHandler
    monkeypatch.setattr(handler, "create_client", lambda _handler: pytest.fail("it opens connections of its own"))
    for name in (*gateway._QUIET, "LITELLM_LOG", "OPENAI_BASE_URL", "ANTHROPIC_AUTH_TOKEN"):
        monkeypatch.setenv(name, "loud")
    monkeypatch.setattr(gateway, "_loaded", [])
    assert gateway.load_library() is library
    assert {flag: getattr(library, flag) for flag in loud} == {flag: not value for flag, value in loud.items()}
    assert [getattr(library, name) for name in told] == [[]] * 5 and {logging.getLogger(name).level for name in names} == {logging.CRITICAL}
    assert {os.environ.get(name) for name in ("LITELLM_LOG", "OPENAI_BASE_URL", "ANTHROPIC_AUTH_TOKEN")} == {None}
    quiet = {"LITELLM_MODE": "PRODUCTION", "LITELLM_OFFLINE_MODE": "true", "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_DISABLE_BUG_REPORT_LINK": "true"}
    assert {name: os.environ.get(name) for name in quiet} == quiet
    with pytest.raises(Exception, match="nobody is asked beside the gate"):
        handler().client.get("https://example.org")


@pytest.mark.parametrize("allowed", [(), (Allowance("127.0.0.1", 1),)], ids=["nothing opened", "another port opened"])
@pytest.mark.parametrize("provider", ["openai", "ollama", "anthropic"])
def test_ssrf_01_no_spelling_of_a_base_url_leads_inside(provider: str, allowed: tuple[Allowance, ...]) -> None:
    world = World()
    asked = LiteLlmGateway(frozenset(allowed), lambda opened: world.gate(*opened))
    for host in SPELLINGS:
        world.asked.clear()
        for scheme in ("http", "https"):
            address = f"{scheme}://{f'[{host}]' if ':' in host and not host.startswith('[') else host}/v1"
            with pytest.raises(AiError):
                asked.complete(Request(endpoint=Endpoint(provider, address, SecretStr("k")), model="m", messages=(Message("user", "x"),), max_output=5, seconds=2))
        assert [asked for asked in world.asked if asked[0] != PUBLIC] == [], f"connected for {host!r}"
