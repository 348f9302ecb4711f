"""Write ``docs/openapi.json`` from the code: run it after changing a route or a schema; a test fails while it is stale."""

from __future__ import annotations

import json
from pathlib import Path

from crm_app.api.app import describe_api

TARGET = Path(__file__).parents[1] / "docs" / "openapi.json"


def render() -> str:
    """The description as it is committed."""
    return json.dumps(describe_api(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
