"""PWD-01: every place that looks at a secret somebody shows is known, and with it the routes that must count guesses.

The guesses themselves are in ``tests/security/test_credentials.py``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.guards.sources import FILES, relative, tree

LOOKS = {"verify_password", "hash_token", "hash_setup_code", "compare_digest", "first_owner", "user_by_email", "stored_password", "resolve_token", "_token_actor", "is_token"}

# Every function that looks at a secret somebody shows, and why nobody can guess it. A new one fails the build until it stands
# here, and each route that is named is guessed at ten thousand times in the tests.
PLACES = {
    "web/signin.py:_check": "POST /signin",
    "web/first_run.py:FirstRun._make_owner": "POST /setup",
    "web/first_run.py:FirstRun._take_account": "only kept: the code is looked at with the second page",
    "web/first_run.py:issue_setup_code": "makes the code",
    "web/health.py:_admit": "GET /metrics",
    "web/health.py:is_token": "GET /metrics",
    "web/sessions.py:Sessions.open": "makes the token",
    "web/sessions.py:SessionMiddleware._with_cookie": "256 random bits, looked up by their hash",
    "web/feeds.py:_calendar": "GET /feeds",
    "domain/notifications/stopping.py:fits": "POST /unsubscribe",
    "domain/cadence/feeds.py:create_feed": "makes the secret",
    "main.py:_token_actor": "/api",
    "main.py:furnish_house": "/api",
    "api/app.py:build_api": "/api",
    "api/app.py:api_router": "/api",
    "api/mcp.py:make_router": "/mcp, behind the gate of /api",
    "api/gate.py:Gate._shown": "/api",
    "api/tokens.py:token_resolver.resolve": "/api",
    "domain/accounts/access.py:password_fault": "changing one's password",
    "web/one_time_links.py:OneTimeLink.submit": "POST /join",
    "web/one_time_links.py:OneTimeLink._open_offer": "POST /join",
    "domain/team/invitations.py:invite": "makes the secret",
    "domain/team/service.py:offer_reset": "makes the secret",
    "domain/google/service.py:begin_sign_in": "makes the secret",
    "domain/google/signing_in.py:take_up": "256 random bits, looked up by their hash among those of this very session",
    "domain/accounts/service.py:create_token": "makes the token",
    "domain/audit/service.py:_is_sealed": "compares the log's own seals",
    "infrastructure/backup/cipher.py:_opened": "the host's own key of a backup, on the host's own terminal",
    "infrastructure/audit_anchor.py:Anchors.fault": "compares the log's own seals",
    "domain/accounts/store.py:SqlSessionStore.first_owner": "asked by POST /setup",
    "domain/accounts/store.py:SqlSessionStore.user_by_email": "asked by POST /signin",
}  # fmt: skip


def _looks(within_tree: ast.AST, within: str = "") -> Iterator[str]:
    for node in ast.iter_child_nodes(within_tree):
        inside = node.name if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) else ""
        place = ".".join(part for part in (within, inside) if part)
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load) and (node.id if isinstance(node, ast.Name) else node.attr) in LOOKS:
            yield within
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and any(f"auth_{name}(" in node.value for name in ("user_by_email", "first_owner", "token")):
            yield within if not within.endswith("SqlSessionStore.token") else "SqlSessionStore.token"
        yield from _looks(node, place)


def test_pwd_01_every_place_that_looks_at_a_secret_is_known() -> None:
    found = set()
    for path in FILES:
        found |= {f"{relative(path)}:{place}" for place in _looks(tree(path)) if place}
    # The queries that only pass a question on to the database are reached by the services above alone.
    assert found - {"domain/accounts/queries.py:stored_password", "domain/accounts/store.py:SqlSessionStore.token"} == set(PLACES)
    assert {what for what in PLACES.values() if what.startswith(("POST", "GET", "/")) or what == "changing one's password"} == {
        "POST /signin", "POST /setup", "GET /metrics", "GET /feeds", "POST /join", "POST /unsubscribe", "/api", "/mcp, behind the gate of /api", "changing one's password"
    }  # fmt: skip
