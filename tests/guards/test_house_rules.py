"""The house rules of the architecture, each a few lines over the syntax tree."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.guards.sources import FILES, of_files, relative, tree


def _calls(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)


def _imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module


@of_files(FILES)
def test_only_the_unit_of_work_commits(path: Path) -> None:
    commits = [line for line, call in _calls(tree(path)) if call.endswith("session.commit")]
    assert not commits or relative(path) == "domain/unit_of_work.py", commits


@of_files(FILES)
def test_select_stands_in_queries_alone(path: Path) -> None:
    selects = [line for line, call in _calls(tree(path)) if call in ("select", "sa.select", "sqlmodel.select", "sqlalchemy.select")]
    allowed = re.search(r"domain/.*(queries|_queries|access|derived)[a-z_]*\.py$|domain/[a-z]+/queries/", relative(path))
    assert not selects or allowed, f"select( at lines {selects}"


@of_files(FILES)
def test_only_settings_reads_the_environment(path: Path) -> None:
    if relative(path) in ("settings.py",):
        return
    reads = [line for line, call in _calls(tree(path)) if call in ("os.getenv", "os.environ.get")]
    assert not reads, reads


GATE = {"infrastructure/outbound.py", "infrastructure/outbound_http.py", "infrastructure/outbound_streams.py", "infrastructure/outbound_httpx.py"}
SPEAKS_OUT: dict[str, set[str]] = {
    "litellm": {"ai/gateway.py"}, "openai": {"ai/gateway.py"}, "httpx2": GATE, "httpcore2": GATE, "httpx": {"infrastructure/outbound_httpx.py"}, "smtplib": {"providers/smtp/sender.py"}, "imaplib": {"providers/imap/line.py"},
    **dict.fromkeys(("requests", "httpcore", "aiohttp", "urllib3", "niquests", "poplib", "ftplib", "telnetlib", "http.client", "urllib.request"), set()),
}  # fmt: skip


@of_files(FILES)
def test_only_the_gateway_imports_litellm_and_only_the_gate_opens_connections(path: Path) -> None:
    found = [(line, name) for line, name in _imports(tree(path)) for key in SPEAKS_OUT if (name == key or name.startswith(key + ".")) and relative(path) not in SPEAKS_OUT[key]]
    assert not found, found


@of_files(FILES)
def test_nothing_swallows_an_error_or_shows_its_text(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ExceptHandler):
            caught = ast.unparse(node.type) if node.type else ""
            assert caught not in ("", "Exception", "BaseException") or "# noqa: BLE001" in text.splitlines()[node.lineno - 1], f"broad except at {node.lineno}"


@of_files(FILES)
def test_files_and_functions_stay_small(path: Path) -> None:
    limit = 400 if path.name == "models.py" else 250
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= limit, f"{lines} lines"
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            room = 50 if relative(path).startswith("pages/") else 40
            nested = any(isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef) and inner is not node for inner in ast.walk(node))
            assert length <= (room + 20 if nested else room), f"{node.name} has {length} lines"


@of_files(path for path in FILES if relative(path).startswith(("pages/", "components/")))
def test_pages_and_components_hold_no_colours_and_no_sessions(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if relative(path) != "components/theme.py":
        assert not re.search(r"#[0-9a-fA-F]{6}\b", text), "hex colour outside the theme"
    assert not re.search(r"\b(text|bg|border)-(red|green|blue|teal|gray|grey|slate|zinc|amber|indigo)-\d{2,3}\b", text)
    assert "Session(" not in text


@of_files(path for path in FILES if relative(path).startswith(("pages/", "components/")))
def test_user_text_never_reaches_markup_or_script(path: Path) -> None:
    banned = ("ui.html", "ui.add_head_html", "ui.add_body_html", "ui.run_javascript", "ui.add_css", "ui.link", "ui.markdown", "ui.editor")
    allowed = {"components/theme.py", "components/script.py", "components/icons.py"}
    found = [(line, call) for line, call in _calls(tree(path)) if call in banned]
    assert not found or relative(path) in allowed, found


def test_every_public_function_of_the_domain_has_a_docstring() -> None:
    missing = []
    for path in FILES:
        if not relative(path).startswith("domain/"):
            continue
        for node in tree(path).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_") and not ast.get_docstring(node):
                missing.append(f"{relative(path)}:{node.lineno} {node.name}")
    assert not missing, missing


def test_no_unfinished_words_in_the_product() -> None:
    words = re.compile(r"#.*\b(TODO|FIXME|XXX)\b|raise NotImplementedError|\b(coming soon|not implemented|lorem ipsum)\b", re.I)
    found = [f"{relative(path)}:{number}" for path in FILES for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if words.search(line)]
    assert not found, found


@of_files(path for path in FILES if relative(path).startswith("domain/") and not relative(path).startswith("domain/imports/"))
def test_a_refusal_can_be_translated(path: Path) -> None:
    """What reads files runs in the sandbox, which knows no language; everything else that a person is refused goes through ``_()``."""
    refusals = ("Invalid", "Conflict", "Forbidden", "NotFound", "Unavailable")
    raised = [node.exc for node in ast.walk(tree(path)) if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)]
    raised = [call for call in raised if ast.unparse(call.func) in refusals]
    of_fields = [key.value for call in raised for key in call.keywords if key.arg == "fields"] + [call.args[1] for call in raised if len(call.args) > 1]
    said = [call.args[0] for call in raised if call.args] + [value for fields in of_fields if isinstance(fields, ast.Dict) for value in fields.values]
    plain = [f"{sentence.lineno}: {ast.unparse(sentence)}" for sentence in said if isinstance(sentence, ast.Constant | ast.JoinedStr)]
    assert not plain, plain
