"""The committed description of the REST interface says what the code does."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

from crm_app.api.app import describe_api

ROOT = Path(__file__).parents[2]


def test_the_committed_description_is_not_stale() -> None:
    render = runpy.run_path(str(ROOT / "scripts" / "write_openapi.py"))["render"]
    assert (ROOT / "docs" / "openapi.json").read_text(encoding="utf-8") == render(), "run scripts/write_openapi.py"


def test_every_operation_is_described_and_says_how_it_refuses() -> None:
    document = describe_api()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["description"], f"{method} {path}"
            assert {"401", "403", "404", "409", "422", "429"} <= operation["responses"].keys()
            for status in ("401", "422"):
                assert operation["responses"][status]["content"]["application/json"]["schema"]["$ref"].endswith("/ErrorBody")


def test_every_written_model_refuses_unknown_fields() -> None:
    document = describe_api()
    schemas = document["components"]["schemas"]
    bodies = set()
    for operations in document["paths"].values():
        for operation in operations.values():
            body = operation.get("requestBody")
            if body:
                bodies.add(body["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1])
    assert bodies
    for name in bodies:
        assert schemas[name]["additionalProperties"] is False, name
        assert not {"id", "owner_id", "created_at", "updated_at", "source", "deleted_at"} & schemas[name]["properties"].keys(), name
    json.dumps(document)
