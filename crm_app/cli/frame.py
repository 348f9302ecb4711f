"""What every command shares: the database it works on, and one sentence for what goes wrong."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from crm_app.ai.types import Gateway
    from crm_app.domain.secret_box import SecretBox
    from crm_app.infrastructure.database import Database
    from crm_app.settings import Settings

_SELDOM = (200_000, 10, 10)
"""How many objects are made before Python looks for cycles: what a command imports is half a million that all stay. The server has its own pace."""


class Commands(click.Group):
    """Turns what a host can mend into one sentence."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; an expected failure ends the program with a sentence and status 1."""
        gc.set_threshold(*_SELDOM)
        from crm_app.domain.errors import CrmError
        from crm_app.settings import SettingsError

        try:
            return super().invoke(ctx)
        except SettingsError as error:
            raise click.ClickException(str(error)) from error
        except CrmError as error:
            fields = getattr(error, "fields", {})
            raise click.ClickException(" ".join([error.message, *fields.values()])) from error
        except OSError as error:
            place = f"{error.filename}: " if error.filename else ""
            raise click.ClickException(f"{place}{error.strerror or error}.") from error
        except _database_errors() as error:
            reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0].rstrip(".")
            raise click.ClickException(f"The database refused: {reason}.") from error
        finally:
            gc.freeze()  # else Python looks once more for cycles in all that was imported before it ends: a fifth of a short command


def _database_errors() -> tuple[type[Exception], ...]:
    """Asked for only when something has gone wrong, because the two libraries take long to import."""
    import psycopg
    from sqlalchemy.exc import DBAPIError

    return psycopg.Error, DBAPIError


@contextmanager
def database(needed: str = "", *, migrated: bool = True) -> Iterator[Database]:
    """The deployment's database, brought to this version's schema, with the services bound to it.

    ``needed`` is the module that the command works with: it is imported while the embedded server starts.
    """
    from crm_app.settings import load_settings

    settings = load_settings()
    with ExitStack() as at_the_end:
        with _waking(settings):
            from crm_app.ai.bound import bind_gateway_lazily
            from crm_app.domain import unit_of_work
            from crm_app.domain.audit.writing import bind_key
            from crm_app.domain.sealing import bind_box
            from crm_app.infrastructure.database import migrate, open_database

            if needed:
                import_module(needed)
            if settings.archive_dir:
                from crm_app.infrastructure.backup.switch import carry_rest

                at_the_end.callback(carry_rest, settings)
            opened = at_the_end.enter_context(open_database(settings))
        if migrated:
            migrate(opened)
        unit_of_work.bind(opened.app_engine)
        bind_key(settings.key)
        bind_box(lambda: _box(opened, settings))
        bind_gateway_lazily(lambda: _gateway(settings))
        yield opened


def _box(opened: Database, settings: Settings) -> SecretBox:
    """Only what seals or opens something needs the keys, and what they are made with."""
    from crm_app.infrastructure.sealed_records import open_box

    return open_box(opened, settings)


def _gateway(settings: Settings) -> Gateway:
    """Only what asks a model needs to know how."""
    from crm_app.ai.gateway import open_gateway
    from crm_app.infrastructure.logs import configure_logs

    configure_logs("ERROR")  # to standard error: what a script reads is the result alone
    return open_gateway(settings.inner_hosts)


def _waking(settings: Settings) -> AbstractContextManager[None]:
    from crm_app.infrastructure.embedded_postgres.early import waking

    return waking(settings.data_dir / "postgres") if settings.database_url is None else nullcontext()
