"""Pure rules of providers and models: what an address and a key may be, and what of a change needs the key anew."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from crm_app.domain.ai.kinds import OFFERS, ProviderKind
from crm_app.domain.ai.models import AiProvider
from crm_app.domain.ai.places import is_open
from crm_app.domain.errors import Invalid
from crm_app.domain.i18n import _

MOST_PROVIDERS: Final = 20
MOST_MODELS: Final = 200
_PORTS: Final = {"http": 80, "https": 443}


def clean_address(value: str, kind: ProviderKind) -> str:
    """The address as it is kept: empty for a provider's own, else ``https://…`` without a question in it. Invalid when it is none, or is missing."""
    text = value.strip().rstrip("/")
    if not text:
        if OFFERS[kind].needs_address:
            raise Invalid(fields={"base_url": _("Enter the address where it is asked, such as https://models.example.org/v1")})
        return ""
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        good = parts.scheme in _PORTS and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    if not good or re.search(r"[\s\x00-\x1f\\]", text):
        raise Invalid(fields={"base_url": _("This is no address of a model server. It looks like https://models.example.org/v1")})
    if parts.username is not None or parts.query or parts.fragment:
        raise Invalid(fields={"base_url": _("Leave keys and questions out of the address: there is a field for the key.")})
    return urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))


def clean_key(key: str) -> str:
    """The key as it is kept; Invalid when it cannot be one: it travels in one line of a request."""
    clean = key.strip()
    if clean and not re.fullmatch(r"[!-~]{1,4000}", clean):
        raise Invalid(fields={"key": _("This is no key: a key is one word, without spaces.")})
    return clean


def place_of(base_url: str) -> tuple[str, int]:
    """Host and port of a kept address; empty for a provider's own."""
    parts = urlsplit(base_url)
    return parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 443)


def require_private(base_url: str, *, inner: bool) -> None:
    """Invalid when what is asked would travel in the clear, or into our own network, elsewhere than to a place that the host has opened (``inner``).

    What a name stands for is looked up by the gate, at each connection; an address that is written as a number is judged here as well.
    """
    if base_url and not inner and _is_inside(place_of(base_url)[0]):
        sentence = _("This address is inside this network: whoever hosts this has to open it first (MINDFULCRM_INNER_HOSTS).")
        raise Invalid(fields={"base_url": sentence})
    if base_url.startswith("http://") and not inner:
        sentence = _("This address must begin with https://, unless whoever hosts this has opened it inside their own network (MINDFULCRM_INNER_HOSTS).")
        raise Invalid(fields={"base_url": sentence})


def _is_inside(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return not ip_address(host).is_global
    except ValueError:
        return False


def changes_of(row: AiProvider, given: dict[str, Any], *, typed: bool, has_key: bool) -> dict[str, Any]:
    """What really changes. Invalid where a key that is kept would be sent to another address; ``typed``: there is a new one."""
    changed = {name: value for name, value in given.items() if value != getattr(row, name)}
    if "base_url" in changed:
        if moved := place_of(changed["base_url"]) != place_of(row.base_url):
            changed["inner_allowed"] = False  # the host spoke of the other place
        require_private(changed["base_url"], inner=(row.inner_allowed and not moved) or is_open(*place_of(changed["base_url"])))
        if has_key and not typed and moved:
            raise Invalid(fields={"key": _("Enter the key again: it is only ever sent to the address that it was given for.")})
    return changed
