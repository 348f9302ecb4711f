"""Every sentence that a person reads goes through here, so that a translation is one catalogue away.

Catalogues live in ``crm_app/locale/<language>/LC_MESSAGES/mindfulcrm.mo``; English needs none. The language belongs to
the running context, so that two people served by the same process read their own.
"""

from __future__ import annotations

import gettext as _gettext
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

LOCALE_FOLDER = Path(__file__).parent.parent / "locale"
DOMAIN = "mindfulcrm"

_locale: ContextVar[str] = ContextVar("locale", default="en")


def current_locale() -> str:
    """The language and region of this context, such as ``en`` or ``pt_PT``."""
    return _locale.get()


def set_locale(locale: str) -> None:
    """Speak ``locale`` from here on in this context."""
    _locale.set(locale or "en")


@contextmanager
def in_locale(locale: str) -> Iterator[None]:
    """Speak ``locale`` inside the block."""
    token = _locale.set(locale or "en")
    try:
        yield
    finally:
        _locale.reset(token)


def _(message: str) -> str:
    """``message`` in the language of this context, or as it is."""
    return _catalogue(_locale.get()).gettext(message)


def ngettext(one: str, many: str, count: int) -> str:
    """The form of the sentence that fits ``count``; the caller fills in the number."""
    return _catalogue(_locale.get()).ngettext(one, many, count)


@cache
def _catalogue(locale: str) -> _gettext.NullTranslations:
    names = [locale, locale.split("_")[0].split("-")[0]]
    return _gettext.translation(DOMAIN, localedir=LOCALE_FOLDER, languages=names, fallback=True)
