"""Amounts of money as people read and type them. Inside they are millionths of a US dollar."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from babel.numbers import format_currency

from crm_app.domain.i18n import _, current_locale
from crm_app.domain.times import babel_locale

MILLION: Final = 1_000_000
_CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Money:
    """The team's currency, and how many millionths of it a US dollar is."""

    currency: str = "USD"
    rate: int = MILLION

    def say(self, micros: int) -> str:
        """``€6.42``; of less than a cent as many digits as say something: ``€0.0031``."""
        amount = self.amount(micros)
        small = 0 < abs(amount) < _CENT
        if not small:
            return str(format_currency(amount, self.currency, locale=babel_locale(current_locale())))
        digits = 1 - amount.adjusted()  # two of them that say something
        return str(format_currency(amount, self.currency, f"¤0.{'0' * digits}", locale=babel_locale(current_locale()), currency_digits=False))

    def words(self, micros: int) -> str:
        """The same where nobody minds less than the smallest coin: that is said to be less, and nothing is nothing."""
        if 0 < self.amount(micros) < _CENT:
            return _("less than %s") % format_currency(_CENT, self.currency, locale=babel_locale(current_locale()))
        return self.say(micros)

    def foreseen(self, usual: int, most: int) -> str:
        """What something would cost: what it mostly does, and what it may come to where that is more to whoever reads it."""
        if self.amount(most) < _CENT:
            return self.words(most)
        about = _("about %s") % self.words(usual) if self.amount(usual) >= _CENT else self.words(usual)
        return about if self.words(usual) == self.words(most) else _("%(about)s, at most %(most)s") % {"about": about, "most": self.words(most)}

    def amount(self, micros: int) -> Decimal:
        """The amount in the team's currency."""
        return Decimal(micros) * self.rate / MILLION / MILLION

    def typed(self, micros: int | None) -> str:
        """The amount as it stands in a field: without a sign, and empty for none."""
        return "" if micros is None else f"{self.amount(micros):.6f}".rstrip("0").rstrip(".")

    def read(self, typed: str | None) -> int | None:
        """What somebody typed, in millionths of a US dollar; None for an empty field. Raises ValueError for what is no amount."""
        amount = read_amount(typed)
        return None if amount is None else int((amount * MILLION * MILLION / self.rate).to_integral_value())


DOLLARS: Final = Money()
"""Prices are as providers say them."""


def read_amount(typed: str | None) -> Decimal | None:
    """A number as somebody types it, with a point or a comma; None when the field is empty. Raises ValueError for anything else."""
    text = (typed or "").strip().replace(" ", "").replace(",", ".")
    if not text:
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise ValueError from None
    if not amount.is_finite() or not 0 <= amount < 10**9:
        raise ValueError
    return amount
