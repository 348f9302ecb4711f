"""What no line of the product may do, read from its syntax trees. Each rule is tried on a line that breaks it, too."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.guards.sources import FILES, of_files, relative, tree

Fault = tuple[int, str]

# SQL that is put together from our own names of tables and columns, or passed on by a helper whose callers are checked too.
OWN_NAMES = {
    "domain/changes/service.py", "domain/changes/steps.py", "domain/contacts/parts.py", "domain/inserting.py", "domain/accounts/queries.py", "domain/accounts/store.py", "domain/team/queries.py", "domain/unit_of_work.py",
}  # fmt: skip
# Programs of PostgreSQL and our own interpreter, with arguments of ours.
STARTS_PROGRAMS = {"infrastructure/backup/tools.py", "infrastructure/sandbox.py", "infrastructure/embedded_postgres"}
# Who may speak to the network: the server's own port, the browser of whoever starts it, the database's own server for a backup,
# the gate, and a protocol that is spoken on a socket of the gate.
OPENS_SOCKETS = {"main.py", "infrastructure/port.py", "infrastructure/backup/tls_bridge.py", "infrastructure/outbound", "providers/smtp/sender.py", "providers/imap/line.py"}
# A request of ours, on its way out.
OWN_REQUESTS = {"infrastructure/outbound_http.py"}
# Keys that name their asker, so that a row of somebody else cannot be meant.
LOADS_BY_OWN_KEY = {"domain/contacts/queries.py"}


def _calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node, ast.unparse(node.func)


def _imports(tree: ast.AST) -> Iterator[Fault]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module


def _is_ours(node: ast.expr, known: dict[str, list[ast.expr]]) -> bool:
    """A constant, a constant's name, text made of such alone, or a local name that was only ever given such."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str | bytes)
    if isinstance(node, ast.Name):
        given = known.get(node.id, [])
        return re.fullmatch(r"_?[A-Z][A-Z0-9_]*", node.id) is not None or bool(given) and all(_is_ours(value, {}) for value in given)
    if isinstance(node, ast.JoinedStr):
        return all(_is_ours(part.value if isinstance(part, ast.FormattedValue) else part, known) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _is_ours(node.left, known) and _is_ours(node.right, known)
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "text" and all(_is_ours(argument, known) for argument in node.args)


def sql_of_variables(tree: ast.Module) -> Iterator[Fault]:
    """INJ-01: SQL that is made of anything but constants while somebody is served. (What a module makes when it is loaded knows no user.)"""
    sql = any(name.partition(".")[0] in ("sqlalchemy", "sqlmodel") for _, name in _imports(tree))
    places = {"exec_driver_sql": 0, "_row": 0, "_value": 0, "call": 1, "scalar_function": 1, **({"text": 0} if sql else {})}
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            known: dict[str, list[ast.expr]] = {}
            for node in ast.walk(function):
                if isinstance(node, ast.Assign):
                    for target in node.targets:
                        known.setdefault(ast.unparse(target), []).append(node.value)
            for call, name in _calls(function):
                place = None if name.startswith("self.") else places.get(name.rpartition(".")[2])
                if place is not None and sql and len(call.args) > place and not _is_ours(call.args[place], known):
                    yield call.lineno, ast.unparse(call)[:80]


def running_what_is_written(tree: ast.Module) -> Iterator[Fault]:
    """INJ-04: evaluating, unpickling, templates from text, shells."""
    banned = {"eval", "exec", "compile", "__import__", "breakpoint", "os.system", "os.popen", "builtins.eval", "builtins.exec", "importlib.import_module"}
    for call, name in _calls(tree):
        shell = any(keyword.arg == "shell" and not (isinstance(keyword.value, ast.Constant) and keyword.value.value is False) for keyword in call.keywords)
        if name in banned or name.endswith((".from_string", "Template", "yaml.load", "yaml.unsafe_load")) or shell:
            yield call.lineno, name
    for line, name in _imports(tree):
        if name.partition(".")[0] in {"pickle", "cPickle", "_pickle", "marshal", "shelve", "dill", "cloudpickle", "jsonpickle", "yaml", "mako", "code", "codeop"}:
            yield line, name


def starting_programs(tree: ast.Module) -> Iterator[Fault]:
    """INJ-04: other programs."""
    yield from ((line, name) for line, name in _imports(tree) if name.partition(".")[0] in {"subprocess", "pty", "commands"})


def speaking_to_the_network(tree: ast.Module) -> Iterator[Fault]:
    """SSRF-02: anything that can open a connection."""
    clients = {"requests", "httpx", "httpx2", "httpcore", "httpcore2", "niquests", "aiohttp", "urllib3", "http", "ftplib", "smtplib", "imaplib", "poplib", "telnetlib", "nntplib", "xmlrpc", "socket",
               "caldav", "aioimaplib", "imap_tools", "aiosmtplib", "websockets", "paramiko", "dns", "webbrowser"}  # fmt: skip
    harmless = {"http.cookies"}
    for line, name in _imports(tree):
        if name not in harmless and (name.partition(".")[0] in clients or name.startswith("urllib.request")):
            yield line, name
    for call, name in _calls(tree):
        if name.rpartition(".")[2] in ("open_connection", "create_connection", "open_unix_connection", "sock_connect", "urlopen"):
            yield call.lineno, name


def clients_beside_the_gate(tree: ast.Module) -> Iterator[Fault]:
    """SSRF-02: a library's own client, which would connect by itself: HTTP goes over the gate's transport, other protocols over its sockets."""
    for call, name in _calls(tree):
        if re.fullmatch(r"httpx2\.(.*Client|get|post|put|patch|delete|head|options|request|stream)", name):
            given = {word.arg: ast.unparse(word.value) for word in call.keywords}
            if not given.get("transport", "").startswith("GateTransport(") or given.get("trust_env") != "False":
                yield call.lineno, name
        if name.startswith(("smtplib.SMTP", "smtplib.LMTP", "imaplib.IMAP", "httpcore2.request", "httpcore2.stream")):
            yield call.lineno, name
        if name.endswith(("ConnectionPool", "HTTPProxy", "SOCKSProxy")) and not any(word.arg == "network_backend" for word in call.keywords):
            yield call.lineno, name


def trusting_the_host_header(tree: ast.Module) -> Iterator[Fault]:
    """HDR-05: ``request.url`` and ``request.base_url``, which a strange Host bends; ``scope["path"]`` and the configured address it is."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ("url", "base_url", "url_for") and ast.unparse(node.value).rpartition(".")[2] in ("request", "connection", "_request"):
            yield node.lineno, ast.unparse(node)


def loading_by_id(tree: ast.Module) -> Iterator[Fault]:
    """AZ-06: ``session.get(Model, id)``, which asks nobody whether the asker may see it."""
    for call, name in _calls(tree):
        if name in ("session.get", "session.get_one", "self._session.get", "db.get") and len(call.args) >= 2:
            yield call.lineno, ast.unparse(call)[:80]


Rule = Callable[[ast.Module], Iterator[Fault]]
RULES: dict[Rule, tuple[set[str], str]] = {
    sql_of_variables: (OWN_NAMES, "from sqlalchemy import text\ndef f(name):\n    session.execute(text(f'select 1 from {name}'))"),
    running_what_is_written: ({"infrastructure/sandbox_worker.py"}, "eval(given)"),
    starting_programs: (STARTS_PROGRAMS, "import subprocess"),
    speaking_to_the_network: (OPENS_SOCKETS, "import asyncio\nasyncio.open_connection('example.org', 80)"),
    clients_beside_the_gate: (set(), "import httpx2\nhttpx2.Client(timeout=3)"),
    trusting_the_host_header: (OWN_REQUESTS, "def guard(request):\n    return request.url.path.startswith('/api')"),
    loading_by_id: (LOADS_BY_OWN_KEY, "contact = session.get(Contact, contact_id)"),
}


def _check(rule: Rule, path: Path) -> list[Fault]:
    allowed, _ = RULES[rule]
    where = relative(path)
    return [] if any(where.startswith(known) for known in allowed) else list(rule(tree(path)))


@of_files(FILES)
def test_inj_01_sql_is_made_of_constants(path: Path) -> None:
    assert _check(sql_of_variables, path) == []


@of_files(FILES)
def test_inj_04_nothing_that_was_written_is_run(path: Path) -> None:
    assert _check(running_what_is_written, path) == []
    assert _check(starting_programs, path) == []


@of_files(FILES)
def test_ssrf_02_nothing_opens_a_connection(path: Path) -> None:
    assert _check(speaking_to_the_network, path) == []
    assert _check(clients_beside_the_gate, path) == []


@of_files(FILES)
def test_hdr_05_no_guard_believes_the_host_header(path: Path) -> None:
    assert _check(trusting_the_host_header, path) == []


@of_files(FILES)
def test_az_06_rows_are_loaded_by_id_in_access_functions_alone(path: Path) -> None:
    if path.name != "access.py":
        assert _check(loading_by_id, path) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_each_rule_sees_what_it_is_for(rule: Rule) -> None:
    assert list(rule(ast.parse(RULES[rule][1])))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_no_exception_outlives_its_reason(rule: Rule) -> None:
    for known in RULES[rule][0]:
        files = [path for path in FILES if relative(path).startswith(known)]
        assert any(list(rule(tree(path))) for path in files), f"{known} needs no exception any more"
