"""What models cost, in the currency that the team reads amounts in."""

from __future__ import annotations

from dataclasses import dataclass

from babel.numbers import format_currency

from crm_app.domain.i18n import _, current_locale
from crm_app.domain.times import babel_locale

ONE = 1_000_000
COIN = 10_000
"""What is less is not told apart."""


@dataclass(frozen=True, slots=True)
class Money:
    """``rate`` is how many millionths of ``currency`` a US dollar is."""

    currency: str = "USD"
    rate: int = ONE

    def words(self, micros: int) -> str:
        """An amount of millionths of a US dollar. Less than the smallest coin says so, and nothing is nothing."""
        amount = self._amount(micros) / ONE
        locale = babel_locale(current_locale())
        if 0 < amount < 0.01:
            return _("less than %s") % format_currency(0.01, self.currency, locale=locale)
        return str(format_currency(amount, self.currency, locale=locale))

    def foreseen(self, usual: int, most: int) -> str:
        """What something would cost: what it mostly does, and what it may come to where that is more to whoever reads it."""
        if self._amount(most) < COIN:
            return self.words(most)
        about = _("about %s") % self.words(usual) if self._amount(usual) >= COIN else self.words(usual)
        return about if self.words(usual) == self.words(most) else _("%(about)s, at most %(most)s") % {"about": about, "most": self.words(most)}

    def _amount(self, micros: int) -> float:
        return micros * self.rate / ONE
