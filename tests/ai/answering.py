"""What a model would say to questions about the demo's practice: it looks up first and cites what it was told, as a good one does.

For ``tests.ai.server``: ``model.always = answer`` in the browser's journey and when pictures are made.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from tests.ai.server import Say

BRIEFLY = 0.02


def answer(body: dict[str, Any]) -> Say:
    """The next thing to say to this request, with the tokens that such a question takes."""
    return replace(_say(body), usage={"prompt_tokens": 2_140, "completion_tokens": 160, "total_tokens": 2_300})


def _say(body: dict[str, Any]) -> Say:
    messages = body["messages"]
    last = max(place for place, one in enumerate(messages) if one["role"] == "user")
    question = str(messages[last]["content"])
    told = [str(one["content"]) for one in messages[last:] if one["role"] == "tool"]
    if "response_format" in body:
        return Say(json.dumps(_insight(messages)))
    if not body.get("tools"):
        return Say("I have looked at all there is.", pause=BRIEFLY)
    for begins, tell in STORIES.items():
        if begins in question.lower():
            return tell(question, told)
    return Say("I found nothing about that in your records.", pause=BRIEFLY)


def _meetings(_question: str, told: list[str]) -> Say:
    if not told:
        return _calls(("find_people", {"words": "Amara"}))
    if len(told) == 1:
        first = date.today().replace(day=1)
        return _calls(("read_timeline", {"people": [_person(told)], "kinds": ["meeting"], "since": str((first - timedelta(days=1)).replace(day=1)), "until": str(date.today())}))
    number = _source_with(told, "Session 8")
    return Say(f"You met Amara for session 8, and she **slept six hours**. [{number}] The next one is not planned yet.", pause=BRIEFLY)


def _progress(_question: str, told: list[str]) -> Say:
    if not told:
        return _calls(("find_people", {"words": "Sofia"}))
    if len(told) == 1:
        return _calls(("read_person", {"person": _person(told)}))
    number = _source_with(told, "Session 14")
    return Say(f"Sofia is doing well. [{number}]\n\n- Her shoulder moves freely again [{number}]\n- An evening routine was added\n\n| Since | How it is |\n|---|---|\n| spring | **better** |\n| autumn | steady |", pause=BRIEFLY)


def _summer(_question: str, told: list[str]) -> Say:
    if not told:
        return _calls(("find_people", {"not_spoken_since": f"{date.today().year}-09-22", "limit": 3}))
    if len(told) == 1:
        return _calls(("read_person", {"person": _person(told)}))
    return Say(f"Below are those you have not spoken to since summer. I would begin with the first: the last time is long ago. [{_source(told, -1)}]", pause=BRIEFLY)


def _next_session(_question: str, told: list[str]) -> Say:
    if not told:
        return _calls(("find_people", {"words": "Tom Brennan"}))
    if len(told) == 1:
        return _calls(("read_person", {"person": _person(told)})) if "- p" in told[0] else Say("I may not read anything about Tom.", pause=BRIEFLY)
    if len(told) == 2:
        wish = {"title": "Plan Tom's next session", "people": [_person(told)], "due_date": str(date.today() + timedelta(days=7)), "why": "He left the class early because of his knee."}
        return _calls(("propose_task", wish | {"because": [int(_source(told, -1))]}))
    return Say(f"Next week would keep his rhythm; he left the last class early with the knee. [{_source(told, -1)}]", pause=BRIEFLY)


def _insight(messages: list[dict[str, Any]]) -> dict[str, Any]:
    """What a record tells, out of what was told of it."""
    number = int(_source([str(one["content"]) for one in messages], 0))
    return {
        "summary": [{"text": "Things go well; the last session was a good one.", "sources": [number]}], "confidence": 0.8,
        "next_steps": [{"text": "Agree on the next session", "timeframe": "this_week", "sources": [number]}],
        "risks": [{"text": "Travel begins soon, and with it short nights", "level": "low", "sources": [number]}],
    }  # fmt: skip


def _long(_question: str, _told: list[str]) -> Say:
    return Say(" ".join(f"Word {number} of a long story." for number in range(1, 61)), pause=0.015)


STORIES = {"meetings with amara": _meetings, "sofia": _progress, "since summer": _summer, "session for": _next_session, "long story": _long}
"""What a question has in it, and who answers it."""


def _calls(*calls: tuple[str, dict[str, Any]]) -> Say:
    return Say(calls=[(name, json.dumps(given)) for name, given in calls])


def _person(told: list[str]) -> str:
    """The short name of the first person who was found."""
    found = re.search(r"^- (p\d+) ", "\n".join(told), re.M)
    return found[1] if found else "p1"


def _source(told: list[str], which: int) -> str:
    """The number of one of the records that were told."""
    found = re.findall(r"⟦source (\d+)⟧", "\n".join(told))
    return found[which] if found else "1"


def _source_with(told: list[str], words: str) -> str:
    """The number of the first record that was told in which these words stand."""
    return next(number for number, text in re.findall(r"⟦source (\d+)⟧(.*?)(?=⟦source|\Z)", "\n".join(told), re.S) if words in text)
