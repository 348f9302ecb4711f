"""``mindfulcrm ai`` as it is typed: what models may cost and did cost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from typing import Any

import click

from crm_app.cli.frame import database


class Dollars(click.ParamType):
    """An amount as people write it, taken as millionths of a dollar."""

    name = "dollars"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """``1.50`` becomes 1,500,000; nothing below zero, above a million dollars, or finer than a millionth."""
        try:
            micros = Decimal(str(value)) * 1_000_000
        except InvalidOperation:
            self.fail(f"{value} is not an amount, such as 1.50.", param, ctx)
        if not (micros.is_finite() and 0 <= micros <= 1_000_000_000_000 and micros == micros.to_integral_value()):
            self.fail(f"{value} is not an amount between 0 and 1000000 with at most six digits behind the point.", param, ctx)
        return int(micros)


@contextmanager
def answering(as_json: bool, needed: str) -> Iterator[None]:
    """The database for a command whose result a script may read: what goes wrong is an object as well then, ``{"error", "cost_micros"}``, besides the sentence."""
    from crm_app.domain.errors import CrmError

    try:
        with database(needed):
            yield
    except CrmError as error:
        if as_json:
            said = " ".join([error.message, *getattr(error, "fields", {}).values()])
            click.echo(json.dumps({"error": said, "cost_micros": getattr(error, "cost_micros", 0)}, ensure_ascii=False))
        raise


@click.group()
def ai() -> None:
    """The assistant, and what it may cost."""


@ai.command()
@click.option("--as", "email", required=True, help="Whose spending.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def spend(email: str, as_json: bool) -> None:
    """Say what is set aside, what is spent and what may be spent, today and this month."""
    with answering(as_json, "crm_app.cli.spending"):
        from crm_app.cli.acting import acting_as
        from crm_app.cli.spending import spending_of, spending_sentences

        result = spending_of(acting_as(email))
    click.echo(json.dumps(result, ensure_ascii=False) if as_json else spending_sentences(result))


@ai.command()
@click.option("--as", "email", required=True, help="Who says so: an admin of anybody, everybody else of themselves, and less than they may.")
@click.option("--for", "person", help="Of whom an admin says it; of themselves unless given.")
@click.option("--daily", type=Dollars(), help="How many US dollars may be spent in a day.")
@click.option("--monthly", type=Dollars(), help="How many US dollars may be spent in a month.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def budget(email: str, person: str | None, daily: int | None, monthly: int | None, as_json: bool) -> None:
    """Say what a person may spend from now on."""
    if daily is None and monthly is None:
        raise click.UsageError("Say --daily, --monthly or both.")
    with answering(as_json, "crm_app.cli.spending"):
        from crm_app.cli.acting import acting_as
        from crm_app.cli.spending import limit_spending, spending_of, spending_sentences

        of = acting_as(person) if person else None
        limit_spending(acting_as(email), of, {"day": daily, "month": monthly})
        result = spending_of(of or acting_as(email))
    click.echo(json.dumps(result, ensure_ascii=False) if as_json else spending_sentences(result))


@ai.command()
@click.argument("question")
@click.option("--as", "email", required=True, help="Who asks: it reads what they see, and it is paid from what they may spend.")
@click.option("--tier", type=click.Choice(("fast", "balanced", "best", "local")), help="How much model, instead of what the settings say.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def ask(question: str, email: str, tier: str | None, as_json: bool) -> None:
    """Ask the assistant, and print its answer with the records that it rests on."""
    with answering(as_json, "crm_app.cli.asking"):
        from crm_app.cli.acting import acting_as
        from crm_app.cli.asking import answer_sentences, ask_assistant

        result = ask_assistant(acting_as(email), question, tier)
    click.echo(json.dumps(result, ensure_ascii=False) if as_json else answer_sentences(result))
