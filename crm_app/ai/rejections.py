"""What its person has said no to lately, as a model is told of it, so that it does not come again."""

from __future__ import annotations

from collections.abc import Sequence

from crm_app.ai.hygiene import as_line
from crm_app.domain.suggestions.remembering import Rejected

HEAD = "What was suggested lately and rejected. Do not suggest it or what amounts to it again, and mind the reasons:"


def told(rejected: Sequence[Rejected]) -> str:
    """A line for each, or nothing. What stands in them may be anybody's words, so they are one line each and no more than data."""
    lines = [f"- {one.on.isoformat()} {one.kind}: {as_line(one.what)}" + (f" (rejected because: {as_line(one.reason)})" if one.reason else "") for one in rejected]
    return "\n".join([HEAD, *lines]) if lines else ""
