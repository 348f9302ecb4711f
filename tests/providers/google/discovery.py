"""What Google publishes of its interfaces, as checks: parts of four discovery documents lie beside this file."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator


def strict(node: Any) -> Any:
    """A schema of Google's as JSON Schema that takes nothing unknown."""
    if isinstance(node, list):
        return [strict(one) for one in node]
    if not isinstance(node, dict):
        return node
    found = {name: strict(value) for name, value in node.items() if name not in ("id", "format", "default", "required", "properties")}
    if "properties" in node:
        found["properties"] = {name: strict(value) for name, value in node["properties"].items()}
    if "$ref" in found:
        return {"$ref": f"#/schemas/{found['$ref']}"}
    if found.get("type") == "object" and "additionalProperties" not in found:
        found["additionalProperties"] = False
    return found


class Published:
    """One interface. ``below`` is what stands before its paths; ``reads`` and ``writes`` are what we are allowed."""

    def __init__(self, name: str, below: str, reads: str, writes: str) -> None:
        self.document: dict[str, Any] = json.loads((Path(__file__).parent / name).read_text(encoding="utf-8"))
        self.schemas = {key: strict(schema) for key, schema in self.document["schemas"].items()}
        self.below, self._scopes = below, (writes, reads)

    def faults(self, kind: str, said: Any) -> list[str]:
        """What is wrong with an answer of this kind."""
        validator = Draft7Validator({"$ref": f"#/schemas/{kind}", "schemas": self.schemas})
        return [f"{'/'.join(map(str, fault.path))}: {fault.message}" for fault in validator.iter_errors(said)]

    def method_of(self, path: str, verb: str = "GET") -> dict[str, Any]:
        """Which method answers there; what is handed over as it is has a path of its own."""
        for method in self.document["methods"].values():
            upload = method.get("mediaUpload", {"protocols": {"simple": {"path": "-"}}})["protocols"]["simple"]["path"].removeprefix("/")
            place = upload if path.startswith("/upload/") else method["path"]
            form = re.sub(r"\\{\w+\\}", "[^/]+", re.sub(r"\\{\\\+\w+\\}", ".+", re.escape(place)))
            if method["httpMethod"] == verb and re.fullmatch(form, path.removeprefix(self.below)):
                return dict(method)
        raise AssertionError(f"Google has nothing at {verb} {path}")

    def check(self, asked: list[tuple[str, str, dict[str, list[str]]]]) -> None:
        """Every method is asked, and only with what it takes."""
        found = [self.method_of(path, verb) for verb, path, _given in asked]
        assert {(one["httpMethod"], one["path"]) for one in found} == {(one["httpMethod"], one["path"]) for one in self.document["methods"].values()}, "all are asked"
        for method, (_verb, _path, given) in zip(found, asked, strict=True):
            known = {name: rule for name, rule in {**self.document["parameters"], **method["parameters"]}.items() if rule["location"] == "query"}
            assert {self._scopes[method["httpMethod"] == "GET"]} <= set(method["scopes"]), "what was granted is enough"
            for name, values in given.items():
                assert name in known and (len(values) == 1 or known[name].get("repeated")), name
                assert set(values) <= set(known[name].get("enum", values)), values
