"""Write docs/configuration.md from the settings class; ``--check`` says whether the file is stale."""

from __future__ import annotations

import sys
from pathlib import Path

from pydantic import AliasChoices
from pydantic_core import PydanticUndefined

from crm_app.settings import Settings

TARGET = Path(__file__).parents[1] / "docs" / "configuration.md"
HEAD = """# Configuration

Everything the host chooses, read from the environment or from a file called `.env` in the folder you start from.
On one machine you need none of it: `make run` works as it is. This page is made from `crm_app/settings.py` by `make docs`.

| name | default | what it does |
|---|---|---|
"""


def render() -> str:
    """The page as Markdown."""
    rows = []
    for field in Settings.model_fields.values():
        alias = field.validation_alias
        name = alias.choices[0] if isinstance(alias, AliasChoices) else str(alias)
        default = "" if field.default in (None, PydanticUndefined, "") else f"`{field.default}`"
        rows.append(f"| `{name}` | {default} | {field.description} |\n")
    return HEAD + "".join(rows)


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(0 if TARGET.read_text(encoding="utf-8") == render() else "docs/configuration.md is stale: run make docs.")
    TARGET.write_text(render(), encoding="utf-8")
