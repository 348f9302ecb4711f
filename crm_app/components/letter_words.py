"""What letters say of themselves: what their templates fill in, and what that is called."""

from __future__ import annotations

from crm_app.domain.i18n import _


def merge_fields() -> dict[str, str]:
    """What is filled in when a letter is written, by its name in braces."""
    return {
        "{first_name}": _("their first name"), "{name}": _("their whole name"), "{my_name}": _("your name"), "{practice}": _("the name of your team"),
        "{next_meeting}": _("when you meet next"),
    }  # fmt: skip
