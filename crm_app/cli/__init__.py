"""``mindfulcrm``: everything that the host does from a terminal. Every command works while the server runs and without it.

What goes wrong is one sentence on stderr and a non-zero exit. Heavy libraries are imported by the command that needs
them, so that ``--help`` answers at once.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from crm_app.cli import ai_setup as ai_setup
from crm_app.cli.ai import ai
from crm_app.cli.calendars import connect, sync
from crm_app.cli.frame import Commands, database

ROLES = ("owner", "admin", "member", "viewer")


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mindfulcrm")
def main() -> None:
    """MindfulCRM, a relationship CRM that runs on your own machine."""


@main.command()
@click.option("--host", help="Address to listen on instead of MINDFULCRM_HOST.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port instead of MINDFULCRM_PORT; 0 takes a free one.")
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
def run(host: str | None, port: int | None, no_browser: bool) -> None:
    """Start the server and, on a desktop, open a browser."""
    from crm_app.main import serve
    from crm_app.settings import load_settings

    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    serve(load_settings(**given), open_browser=not no_browser)


@main.command()
def migrate() -> None:
    """Bring the database to this version's schema."""
    from crm_app.infrastructure.database import migrate as apply

    with database(migrated=False) as opened:
        applied = apply(opened)
    click.echo(f"Applied {', '.join(applied)}." if applied else "The database is up to date.")


@main.group()
def user() -> None:
    """People who sign in."""


@user.command("create")
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.option("--role", type=click.Choice(ROLES), default="member", show_default=True)
@click.option("--password-stdin", is_flag=True, required=True, help="Read the password from standard input; it never stands on a command line.")
def create_user(email: str, name: str, role: str, password_stdin: bool) -> None:
    """Add a person to the team."""
    from crm_app.cli.people import create_person

    password = sys.stdin.readline().rstrip("\r\n")
    with database() as opened, opened.owner_connection() as connection:
        _, address = create_person(connection, email, name, role, password)
    click.echo(f"{address} can sign in now.")


@main.group()
def token() -> None:
    """Keys for the REST interface."""


@token.command("create")
@click.option("--as", "email", required=True, help="The person that the token acts as.")
@click.option("--name", required=True, help="What the token is for.")
def create_token(email: str, name: str) -> None:
    """Make a token and print it, this once."""
    from crm_app.cli.acting import acting_as
    from crm_app.domain.accounts import service as accounts
    from crm_app.domain.unit_of_work import run_service

    with database():
        _, secret = run_service(acting_as(email), accounts.create_token, name)
    click.echo(secret)


@main.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--as", "email", required=True, help="The person who will own what is new.")
@click.option("--sheet", default="", help="Sheet of an Excel file; the fullest one unless given.")
@click.option("--dry-run", is_flag=True, help="Say what would happen and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def import_file(file: Path, email: str, sheet: str, dry_run: bool, as_json: bool) -> None:
    """Import contacts from a vCard, CSV or Excel file."""
    from crm_app.infrastructure.sandbox import ProcessSandbox

    with ProcessSandbox() as sandbox:
        sandbox.warm()
        with database("crm_app.cli.importing"):
            from crm_app.cli.acting import acting_as
            from crm_app.cli.importing import import_contacts, import_sentence

            result = import_contacts(sandbox, acting_as(email), file, sheet=sheet, dry_run=dry_run)
    click.echo(json.dumps(result, ensure_ascii=False) if as_json else import_sentence(result, dry_run=dry_run))


@main.command()
@click.option("--as", "email", required=True, help="Whose contacts: everything that this person may see.")
@click.option("--format", "kind", type=click.Choice(("csv", "vcard", "json")), required=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where to; it is printed unless given.")
def export(email: str, kind: str, out: Path | None) -> None:
    """Write contacts to a file, or print them."""
    with database("crm_app.cli.exporting"):
        from crm_app.cli.acting import acting_as
        from crm_app.cli.exporting import export_contacts, print_contacts

        if out is None:
            print_contacts(acting_as(email), kind)
        else:
            click.echo(f"{export_contacts(acting_as(email), kind, out)} contacts written to {out}.")


@main.command()
@click.option("--contacts", type=click.IntRange(0, 5_000_000), default=1_000, show_default=True)
@click.option("--interactions", type=click.IntRange(0, 50_000_000), default=10_000, show_default=True)
@click.option("--users", type=click.IntRange(1, 1_000), default=2, show_default=True)
@click.option("--events-a-week", type=click.IntRange(0, 500), default=20, show_default=True, help="In the calendar of each user, over a hundred weeks.")
@click.option("--mails", type=click.IntRange(0, 5_000_000), default=2_000, show_default=True, help="In the mailboxes of all users, over a year.")
@click.option("--day", help="The day on which the invented past ends (2026-11-23); today unless given.")
def seed(contacts: int, interactions: int, users: int, events_a_week: int, mails: int, day: str | None) -> None:
    """Fill the database with many invented people, for trying out how fast it is."""
    from crm_app.infrastructure.seeding.seed import seed_database

    with database() as opened, opened.owner_connection() as connection:
        size = {"contacts": contacts, "interactions": interactions, "users": users, "events_a_week": events_a_week, "mails": mails}
        made = seed_database(connection, day=day, **size)
    plans = f"{made.goals} goals, {made.programmes} programmes, {made.events} events and {made.mails} mails"
    click.echo(f"{made.contacts} contacts, {made.interactions} interactions, {made.tasks} tasks, {plans} of {made.users} people.")


@main.command()
@click.option("--people", "how_many", type=click.IntRange(0, 1_000), default=160, show_default=True, help="How many people there are, some dozens at least.")
def demo(how_many: int) -> None:
    """Fill an empty database with an invented practice to look around in."""
    from crm_app.cli.demo import fill_demo
    from crm_app.infrastructure.sandbox import ProcessSandbox
    from crm_app.settings import load_settings

    with database() as opened, opened.owner_connection() as connection, ProcessSandbox() as sandbox:
        people = fill_demo(connection, sandbox, load_settings(), how_many)
    click.echo("An invented practice is ready. Start it with `mindfulcrm run` and sign in as:")
    for email, password in people:
        click.echo(f"  {email}  {password}")


KEY_FILE = click.option(
    "--key-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="File with the key that encrypts the backup, instead of MINDFULCRM_BACKUP_KEY."
)


@main.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
@KEY_FILE
def backup(out: Path, key_file: Path | None) -> None:
    """Write everything into one sealed file: the database, and the secret key if this machine keeps it."""
    from crm_app.cli.files import write_backup
    from crm_app.settings import load_settings

    with database() as opened:
        click.echo(write_backup(opened, load_settings(), out, key_file))


@main.command()
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option("--verify", is_flag=True, help="Restore into a scratch database, compare, and change nothing.")
@click.option("--at", "moment", help="FILE is the folder of MINDFULCRM_ARCHIVE_DIR: go back to this moment (2026-11-26 14:05, or latest).")
@KEY_FILE
def restore(file: Path, verify: bool, moment: str | None, key_file: Path | None) -> None:
    """Put a backup in place of everything that is in the database, or the database back to a moment."""
    from crm_app.cli.files import restore_archive, restore_backup
    from crm_app.settings import load_settings

    if file.is_dir() is (moment is None) or (verify and moment is not None):
        raise click.UsageError("A backup is a file; the folder of MINDFULCRM_ARCHIVE_DIR goes with --at, and without --verify.")
    if moment is not None:
        click.echo(restore_archive(load_settings(), file, moment, key_file))
        return
    with database(migrated=False) as opened:
        click.echo(restore_backup(opened, load_settings(), file, key_file, verify=verify))


@main.command("rotate-keys")
@click.option("--remove-old", is_flag=True, help="Remove the older keys that nothing needs any more, and change nothing else.")
@click.option("--forget-lost", is_flag=True, help="Remove the stored passwords that no key opens any more, and change nothing else.")
def rotate_keys(remove_old: bool, forget_lost: bool) -> None:
    """Seal all stored passwords with a new key, while people work. What was cut off goes on when it is called again."""
    from crm_app.settings import load_settings

    if remove_old and forget_lost:
        raise click.UsageError("--remove-old and --forget-lost are two things: one at a time.")
    with database("crm_app.cli.keys") as opened:
        from crm_app.cli import keys

        act = keys.remove_old if remove_old else keys.forget_lost if forget_lost else keys.change_keys
        click.echo(act(opened, load_settings()))


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
@click.option("--upgrade-postgres", is_flag=True, help="Move the embedded database to the newest PostgreSQL here, and keep the old folder.")
def doctor(as_json: bool, upgrade_postgres: bool) -> None:
    """Look for what keeps MindfulCRM from working well."""
    from crm_app.cli.doctor import examine, renew_database

    if upgrade_postgres:
        click.echo(renew_database())
        return
    report = examine()
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
    else:
        for check in report["checks"]:
            click.echo(f"{'ok ' if check['ok'] else 'BAD'}  {check['name']}: {check['detail']}")
    sys.exit(0 if report["ok"] else 1)


main.add_command(ai)
main.add_command(connect)
main.add_command(sync)
