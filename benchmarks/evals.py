"""How well a model does what the skills ask of it: `make eval` with a key of one's own. Costs money, and needs nothing of the database.

    EVAL_PROVIDER=openai EVAL_MODEL=gpt-5-mini EVAL_KEY=sk-... make eval              # EVAL_SKILLS="insight brief" asks some of them
    EVAL_PROVIDER=ollama EVAL_MODEL=qwen3 EVAL_BASE_URL=http://127.0.0.1:11434 make eval       # a model on this machine, which costs nothing

Every labelled case of `tests/ai/evals/<skill>.yaml` is asked once, as the product asks it. A case is right where the answer has the form that was asked
for and every label holds; what is scored besides is how many labels held. Without a provider and a model nothing is measured, and that is what it says.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, SecretStr, ValidationError

from benchmarks.eval_cases import Labelled, judge, load_set, question
from crm_app.ai.errors import AiError
from crm_app.ai.gateway import LiteLlmGateway
from crm_app.ai.types import Endpoint, Gateway, Request

SETS = Path(__file__).parent.parent / "tests" / "ai" / "evals"
RESULTS = Path(__file__).parent / "RESULTS.md"
HEAD, END = "<!-- evaluations -->", "<!-- end of evaluations -->"
AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Scored:
    """What became of one case: ``held`` of ``labels``, whether the form was right, how long it took and how many tokens came."""

    held: int
    labels: int
    formed: bool
    seconds: float
    tokens: int
    said: str

    @property
    def right(self) -> bool:
        """All of it holds."""
        return self.formed and self.held == self.labels


def score(gateway: Gateway, endpoint: Endpoint, model: str, case: Labelled) -> Scored:
    """Ask one case, and look at every label."""
    ask, began = question(case), time.monotonic()
    told = {"messages": ask.messages, "max_output": ask.max_output, "schema": ask.schema, "temperature": ask.temperature}
    request = Request(endpoint=endpoint, model=model, seconds=120.0, **told)  # type: ignore[arg-type]
    labels = len(case.expect)
    try:
        reply = gateway.complete(request)
    except AiError as failure:
        return Scored(0, labels, False, time.monotonic() - began, 0, failure.message)
    took, tokens = time.monotonic() - began, reply.usage.output_tokens if reply.usage else 0
    try:
        assert ask.schema is not None
        value: BaseModel = ask.schema.model_validate_json(reply.text)
    except ValidationError:
        return Scored(0, labels, False, took, tokens, reply.text[:200])
    missed = judge(case, value)
    return Scored(labels - len(missed), labels, True, took, tokens, ", ".join(missed))


def table(found: Mapping[str, list[Scored]], model: str, day: str) -> str:
    """The scores as they stand in RESULTS.md."""
    lines = [f"Model: {model}, {day}. A case is right where its form and every label hold.", ""]
    lines += ["| skill | cases | right | labels | form | seconds (mean) |", "|---|---|---|---|---|---|"]
    for name, cases in found.items():
        right, formed = sum(case.right for case in cases), sum(case.formed for case in cases)
        held, labels = sum(case.held for case in cases), sum(case.labels for case in cases)
        seconds = sum(case.seconds for case in cases) / len(cases)
        lines.append(f"| {name} | {len(cases)} | {right / len(cases):.0%} | {held / max(labels, 1):.0%} | {formed / len(cases):.0%} | {seconds:.1f} |")
    return "\n".join(lines)


def write(text: str, path: Path) -> None:
    """Put the scores in their place, beneath everything else where they have none yet."""
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    block = f"{HEAD}\n## Skills, with a real model\n\n{text}\n{END}"
    begins, ends = before.find(HEAD), before.find(END)
    now = before[:begins] + block + before[ends + len(END) :] if 0 <= begins < ends else f"{before.rstrip()}\n\n{block}\n"
    path.write_text(now, encoding="utf-8")


def main() -> int:
    """0 where every set was asked; 1 with the word *not measured* where there is no model to ask."""
    said = os.environ
    provider, model = said.get("EVAL_PROVIDER", ""), said.get("EVAL_MODEL", "")
    if not provider or not model:
        print("not measured: name a model by EVAL_PROVIDER and EVAL_MODEL, with its EVAL_KEY or EVAL_BASE_URL")
        return 1
    endpoint = Endpoint(provider, said.get("EVAL_BASE_URL", ""), SecretStr(said.get("EVAL_KEY", "")), inner_allowed=bool(said.get("EVAL_BASE_URL")))
    gateway, found = LiteLlmGateway(), {}
    for path in sorted(SETS.glob("*.yaml")):
        cases = load_set(path)
        if path.stem not in said.get("EVAL_SKILLS", path.stem).split():
            continue
        with ThreadPoolExecutor(AT_ONCE) as pool:
            found[path.stem] = list(pool.map(lambda case: score(gateway, endpoint, model, case), cases))
        for case, one in zip(cases, found[path.stem], strict=True):
            if not one.right:
                print(json.dumps({"skill": path.stem, "case": case.id, "missed": one.said}, ensure_ascii=False))
    text = table(found, f"{provider}/{model}", time.strftime("%Y-%m-%d"))
    write(text, RESULTS)
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
