"""``mindfulcrm connect`` and ``mindfulcrm sync`` as they are typed; what they do is in ``connecting`` and ``syncing``."""

from __future__ import annotations

import sys

import click

from crm_app.cli.frame import database


@click.command()
@click.argument("kind", type=click.Choice(("caldav", "carddav", "ics", "imap")))
@click.option("--as", "email", required=True, help="Whose account it is; nobody else sees it.")
@click.option("--name", required=True, help="What to call it.")
@click.option("--url", required=True, help="Its address.")
@click.option("--username", default="", help="The name to sign in with, if it asks for one.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input; it never stands on a command line.")
@click.option("--months", type=click.IntRange(1, 24), default=12, show_default=True, help="How many months back it is read.")
@click.option("--smtp-host", default="", help="By which server a mailbox sends, with the same sign-in; without it mail is only read.")
@click.option("--smtp-port", type=click.IntRange(1, 65535), default=465, show_default=True, help="Its port.")
@click.option("--smtp-security", type=click.Choice(("tls", "starttls", "none")), default="tls", show_default=True, help="How it is encrypted.")
@click.option("--allow-loopback", is_flag=True, help="It may be on this machine or in your own network.")
def connect(
    kind: str, email: str, name: str, url: str, username: str, password_stdin: bool, months: int, smtp_host: str, smtp_port: int, smtp_security: str,
    allow_loopback: bool,
) -> None:  # fmt: skip
    """Connect a calendar account, an address book or a mailbox."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else ""
    with database("crm_app.cli.connecting"):
        from crm_app.cli.acting import acting_as
        from crm_app.cli.connecting import connect_account

        values = {
            "name": name, "url": url, "username": username, "history_months": months, "smtp_host": smtp_host, "smtp_port": smtp_port, "smtp_security": smtp_security,
        }  # fmt: skip
        made = connect_account(acting_as(email), kind, values, password, inner_allowed=allow_loopback)
    click.echo(f"{made.name} is connected. Bring it in with `mindfulcrm sync`, or leave it to the server.")


@click.command()
@click.option("--as", "email", required=True, help="Whose account it is.")
@click.option("--name", required=True, help="What it is called.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def sync(email: str, name: str, as_json: bool) -> None:
    """Bring a connected account in now, also while the server runs."""
    from crm_app.infrastructure.sandbox import ProcessSandbox
    from crm_app.settings import load_settings

    with ProcessSandbox() as sandbox:
        sandbox.warm()
        with database("crm_app.cli.syncing"):
            from crm_app.cli.acting import acting_as
            from crm_app.cli.syncing import sync_account, sync_object, sync_sentence

            result, fault = sync_account(sandbox, load_settings(), acting_as(email), name)
    click.echo(sync_object(result, name, fault) if as_json else sync_sentence(result))
    if fault:
        raise click.ClickException(fault)
