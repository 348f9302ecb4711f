"""The scoring table of the MDN HTTP Observatory, as far as a single site's own headers decide it (read in November 2026).

A base of 100; penalties count always, bonuses only when what is left without them is at least 90. Redirection to https and certificates are the
proxy's affair and cost nothing here, as for a site that answers https alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

SAFE_REFERRER = frozenset({"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"})
UNSAFE_SOURCES = ("'unsafe-inline'", "data:", "http:", "https:", "*")
SIX_MONTHS = 15_768_000


@dataclass(frozen=True)
class Grade:
    """``score`` and where each point came from."""

    score: int
    parts: Mapping[str, int]


def grade(headers: Mapping[str, str], cookies: list[str], scripts: list[str] | None = None) -> Grade:
    """Grade one answer. ``cookies`` are whole ``Set-Cookie`` values; the first is the session's."""
    policy = directives(headers.get("content-security-policy", ""))
    parts = {
        "content-security-policy": _policy(policy),
        "cookies": _cookies(cookies),
        "cross-origin-resource-sharing": -50 if headers.get("access-control-allow-origin") == "*" else 0,
        "strict-transport-security": _transport(headers.get("strict-transport-security", "")),
        "x-content-type-options": 0 if headers.get("x-content-type-options") == "nosniff" else -5,
        "frames": _frames(policy, headers.get("x-frame-options", "")),
        "referrer-policy": _referrer(headers.get("referrer-policy")),
        "cross-origin-resource-policy": 10 if headers.get("cross-origin-resource-policy") in ("same-origin", "same-site") else 0,
        "cross-origin-embedder-policy": 10 if headers.get("cross-origin-embedder-policy") in ("require-corp", "credentialless") else 0,
        "cross-origin-opener-policy": 10 if headers.get("cross-origin-opener-policy") == "same-origin" else 0,
        "subresource-integrity": -50 if any(script.startswith("http:") for script in scripts or []) else 0,
    }
    without_bonus = 100 + sum(points for points in parts.values() if points < 0)
    total = without_bonus + (sum(points for points in parts.values() if points > 0) if without_bonus >= 90 else 0)
    return Grade(max(0, total), parts)


def directives(policy: str) -> dict[str, list[str]]:
    """A policy by directive; the first of a name counts, as in browsers."""
    found: dict[str, list[str]] = {}
    for part in policy.split(";"):
        words = part.split()
        if words:
            found.setdefault(words[0].lower(), words[1:])
    return found


def _policy(policy: dict[str, list[str]]) -> int:
    if not policy:
        return -25
    script = policy.get("script-src", policy.get("default-src"))
    style = policy.get("style-src", policy.get("default-src"))
    if script is None or policy.get("object-src", policy.get("default-src")) is None:
        return -20
    guarded = any(source.startswith(("'nonce-", "'sha")) for source in script)
    loose = [source for source in script if source in UNSAFE_SOURCES and not (guarded and source == "'unsafe-inline'")]
    if loose and "'strict-dynamic'" not in script:
        return -20
    if "'unsafe-eval'" in script:
        return -10
    if "'unsafe-inline'" in (style or []) or any(source in ("data:", "http:", "https:", "*") for source in style or []):
        return 0
    return 10 if policy.get("default-src") == ["'none'"] else 5


def _cookies(cookies: list[str]) -> int:
    if not cookies:
        return 0
    lowered = [cookie.lower() for cookie in cookies]
    if any("; secure" not in cookie for cookie in lowered):
        return -40 if "; secure" not in lowered[0] else -20
    if any("; httponly" not in cookie for cookie in lowered):
        return -30
    return 5 if all(re.search(r"; samesite=(lax|strict)", cookie) for cookie in lowered) else 0


def _transport(value: str) -> int:
    age = re.search(r"max-age=(\d+)", value)
    if age is None:
        return -20
    if int(age[1]) < SIX_MONTHS:
        return -10
    return 0


def _frames(policy: dict[str, list[str]], frame_options: str) -> int:
    if "frame-ancestors" in policy:
        return 5
    return 0 if frame_options.upper() in ("DENY", "SAMEORIGIN") else -20


def _referrer(value: str | None) -> int:
    if value is None:
        return 0
    last = value.split(",")[-1].strip()
    return 5 if last in SAFE_REFERRER else -5
