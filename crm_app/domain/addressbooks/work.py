"""What runs inside the sandbox for an address book: a card in, the same card with some of it changed out."""

from __future__ import annotations

from typing import Any

from crm_app.domain.addressbooks.rewriting import rewrite


def rewritten(data: bytes, options: dict[str, Any]) -> bytes:
    """``options``: the ``edits`` by their facts' names and the ``region`` that numbers without a country are of."""
    return rewrite(data, options["edits"], options.get("region", ""))
