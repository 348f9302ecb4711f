"""``mindfulcrm ai on``, ``off`` and ``connect`` as they are typed: what the settings page does, for whoever hosts this."""

from __future__ import annotations

import sys
from typing import Any

import click

from crm_app.cli.ai import Dollars, ai
from crm_app.cli.frame import database
from crm_app.domain.ai.features import ModelTier
from crm_app.domain.ai.kinds import ProviderKind


@ai.command()
@click.option("--as", "email", required=True, help="An admin.")
def on(email: str) -> None:
    """Switch AI on: from then on what people ask for is sent to the providers that are set up."""
    _switch(email, enabled=True)
    click.echo("AI is on.")


@ai.command()
@click.option("--as", "email", required=True, help="An admin.")
def off(email: str) -> None:
    """Switch AI off: nothing is sent to any model any more."""
    _switch(email, enabled=False)
    click.echo("AI is off.")


@ai.command()
@click.argument("provider", type=click.Choice([kind.value for kind in ProviderKind]))
@click.option("--as", "email", required=True, help="Who enters it: an admin for the team, or with --own anybody for themselves.")
@click.option("--name", default="", help="What to call it.")
@click.option("--base-url", default="", help="Its address, where it is not the provider's own.")
@click.option("--key-stdin", is_flag=True, help="Read its key from standard input; it never stands on a command line.")
@click.option("--own", is_flag=True, help="For oneself alone.")
@click.option("--local", is_flag=True, help="It runs on a machine of the practice, and costs nothing.")
@click.option("--region", type=click.Choice(("eu", "us", "other")), help="Where it works.")
@click.option("--no-training", is_flag=True, help="By contract it does not learn from what it is sent.")
@click.option("--allow-loopback", is_flag=True, help="It may be on this machine or in your own network.")
@click.option("--model", required=True, help="A model of it, by the provider's own name.")
@click.option("--tier", type=click.Choice([tier.value for tier in ModelTier]), default="balanced", show_default=True, help="What it is among the others.")
@click.option("--input-price", type=Dollars(), help="What a million tokens cost that are sent, in US dollars. Of known models it is known.")
@click.option("--output-price", type=Dollars(), help="What a million tokens cost that come.")
@click.option("--context", "context_tokens", type=click.IntRange(1, 100_000_000), help="How many tokens it reads at most.")
@click.option("--max-output", type=click.IntRange(0, 10_000_000), help="How many tokens it answers at most.")
@click.option("--embedding", is_flag=True, help="It reads meaning, for search.")
def connect(provider: str, email: str, key_stdin: bool, no_training: bool, region: str | None, **given: Any) -> None:
    """Enter a provider with one of its models."""
    key = sys.stdin.readline().rstrip("\r\n") if key_stdin else ""
    with database("crm_app.cli.ai_connecting"):
        from crm_app.cli.acting import acting_as
        from crm_app.cli.ai_connecting import connect_provider

        made = connect_provider(acting_as(email), ProviderKind(provider), key, given | {"region": region or "", "trains": not no_training})
    click.echo(f"{made.name} can be asked for {made.models[0].label}.")


def _switch(email: str, *, enabled: bool) -> None:
    with database("crm_app.cli.ai_connecting"):
        from crm_app.cli.acting import acting_as
        from crm_app.cli.ai_connecting import switch_ai

        switch_ai(acting_as(email), enabled=enabled)
