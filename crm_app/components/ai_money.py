"""What models cost, in the currency that the team reads amounts in."""

from __future__ import annotations

from dataclasses import dataclass

from babel.numbers import format_currency

from crm_app.domain.i18n import _, current_locale
from crm_app.domain.times import babel_locale

ONE = 1_000_000


@dataclass(frozen=True, slots=True)
class Money:
    """``rate`` is how many millionths of ``currency`` a US dollar is."""

    currency: str = "USD"
    rate: int = ONE

    def words(self, micros: int) -> str:
        """An amount of millionths of a US dollar. Less than the smallest coin says so, and nothing is nothing."""
        amount = micros * self.rate / ONE / ONE
        locale = babel_locale(current_locale())
        if 0 < amount < 0.01:
            return _("less than %s") % format_currency(0.01, self.currency, locale=locale)
        return str(format_currency(amount, self.currency, locale=locale))
