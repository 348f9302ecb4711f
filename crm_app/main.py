"""The composition root: settings → database → edge → API → pages → jobs → serve. Nothing imports this but the command line."""

from __future__ import annotations

import logging
import signal
import sys
import webbrowser
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from types import FrameType
from typing import Any
from uuid import UUID

import uvicorn
from fastapi import Depends, FastAPI
from nicegui import app as nicegui_app
from nicegui import background_tasks
from pydantic import SecretStr
from sqlalchemy import Engine

from crm_app.api import mcp
from crm_app.api.app import build_api
from crm_app.components import guard, live
from crm_app.components.theme import install_theme, static_version
from crm_app.domain import unit_of_work
from crm_app.domain.accounts import rules
from crm_app.domain.accounts.store import SqlSessionStore
from crm_app.domain.actor import Actor
from crm_app.domain.audit.writing import bind_key, bound_key, read_head
from crm_app.domain.drives.browsing import bind_browser
from crm_app.domain.imports import service as imports
from crm_app.domain.imports.sandbox import bind_sandbox
from crm_app.domain.links import bind_public_url
from crm_app.domain.mail.pictures import bind_pictures
from crm_app.domain.notifications.stopping import bind_stop_key
from crm_app.domain.outbox.posting import bind_mail
from crm_app.domain.outbox.rules import read_sender
from crm_app.domain.sealing import bind_box
from crm_app.infrastructure.audit_anchor import Anchors
from crm_app.infrastructure.backup.switch import carry_rest
from crm_app.infrastructure.database import Database, migrate, open_database
from crm_app.infrastructure.listener import Listener
from crm_app.infrastructure.logs import configure_logs
from crm_app.infrastructure.meaning_index import keep_meaning_index
from crm_app.infrastructure.outbound import Gate
from crm_app.infrastructure.outbound_addresses import read_allowances
from crm_app.infrastructure.outbound_pictures import fetch_pictures
from crm_app.infrastructure.port import take_port
from crm_app.infrastructure.sandbox import ProcessSandbox
from crm_app.infrastructure.sealed_records import open_box
from crm_app.infrastructure.service_threads import ServiceThreads
from crm_app.jobs.chores import give_chores
from crm_app.jobs.clock import Clock
from crm_app.jobs.drive_browsing import browse
from crm_app.jobs.duties import duties
from crm_app.jobs.figures import measure, problems
from crm_app.jobs.handlers import HANDLERS, PATIENT
from crm_app.jobs.leader import Leader
from crm_app.jobs.mail_files import open_attachment, open_attachments
from crm_app.jobs.meaning import Reader
from crm_app.jobs.outbox import Postman
from crm_app.jobs.runner import PATIENT_WORKERS, JobRunner
from crm_app.jobs.sources import bind_accounts
from crm_app.pages.routes import register_pages
from crm_app.providers.smtp import SmtpAccount, SmtpSender
from crm_app.settings import Settings
from crm_app.web import downloads, feeds, google, mail_files, unsubscribe
from crm_app.web.app import EdgeApp, build_app
from crm_app.web.config import EdgeConfig
from crm_app.web.first_run import issue_setup_code
from crm_app.web.services import EdgeServices
from crm_app.web.sessions import require_member, session_key

DRAIN_SECONDS = 10
HAND_OVER_SECONDS = 0.001
"""So long a thread keeps the interpreter while another waits for it. A page comes back from the database many times, and with Python's own 5 ms
it waited out a background job each time."""


@dataclass
class House:
    """Everything that one process holds: made by ``build_house``, closed by ``close``."""

    app: EdgeApp
    database: Database
    store: SqlSessionStore
    threads: ServiceThreads
    sandbox: ProcessSandbox
    background: Engine
    runner: JobRunner
    clock: Clock

    def close(self) -> None:
        """Give back threads, child processes, connections and the lease on the embedded server."""
        self.threads.close()
        self.sandbox.close()
        self.background.dispose()
        self.database.close()


def build_house(settings: Settings, port: int) -> House:
    """Open and migrate the database, and put the application together. If that fails, the database is left again."""
    with ExitStack() as on_failure:
        database = on_failure.enter_context(open_database(settings))
        migrate(database)
        keep_meaning_index(database)
        house = furnish_house(database, settings, port)
        on_failure.pop_all()
    return house


def furnish_house(database: Database, settings: Settings, port: int) -> House:
    """Bind the domain to a migrated database, and put the application together.

    Raises ``Unavailable`` when something is sealed in it and the key for that is missing.
    """
    box = open_box(database, settings)
    bind_box(lambda: box)
    background = database.background_engine(settings.db_job_pool_size + PATIENT_WORKERS)
    unit_of_work.bind(database.app_engine, background)
    bind_key(settings.key)
    bind_stop_key(settings.key)
    threads = ServiceThreads(settings.db_pool_size)
    sandbox = ProcessSandbox()
    bind_sandbox(sandbox)
    bind_accounts(settings)
    bind_browser(browse)
    bind_pictures(partial(fetch_pictures, Gate()), open_attachments)
    store, listener = SqlSessionStore(), Listener(database.app_dsn)
    runner = JobRunner(HANDLERS, connections=settings.db_job_pool_size, hourly=[lambda: anchor_audit(settings)], patient=PATIENT)
    give_chores(runner, database, settings)
    postman, reader = make_postman(settings), Reader()
    clock = Clock(Leader(database.app_dsn), duties(postman, reader))
    looked_at = partial(problems, database), partial(measure, settings)
    services = EdgeServices(edge_config(settings, port), store, imports.UploadDesk(), *looked_at)
    live.bind(services.sessions.live_actor, threads.pages, listener, session_key)
    logging.getLogger("nicegui").addFilter(guard.is_news)
    bind_public_url(services.config.public_url)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        listener.on_session(lambda notice: _close_pages(house.app, notice))
        await listener.start()
        runner.start()
        clock.start()
        yield
        reader.stop()
        clock.stop()
        postman.close()
        runner.stop()
        await listener.stop()
    api = build_api(partial(_token_actor, store), executor=threads.programs, docs=settings.api_docs)
    routers = [downloads.make_router(settings.data_dir), mail_files.make_router(open_attachment), feeds.make_router(store), unsubscribe.make_router(store)]
    routers += [google.make_router(), mcp.make_router(partial(_token_actor, store), executor=threads.programs, origins=services.config.origins)]
    app = build_app(services.config, services, routers=routers, api=api, lifespan=lifespan, mount_pages=_mount_pages)
    house = House(app, database, store, threads, sandbox, background, runner, clock)
    return house


def make_postman(settings: Settings) -> Postman:
    """Whoever sends mail: people's letters, and, where this deployment sends mail of its own, that too."""
    bind_mail("")
    if not settings.smtp_host:
        return Postman(None, "")
    sender, allowed = read_sender(settings.smtp_from), read_allowances(settings.inner_hosts)
    account = SmtpAccount(settings.smtp_host, settings.smtp_port, settings.smtp_security, sender, settings.smtp_user, settings.smtp_password or SecretStr(""))
    bind_mail(sender.addr_spec)
    return Postman(SmtpSender(account, Gate(lambda: allowed)), sender.domain)


def edge_config(settings: Settings, port: int) -> EdgeConfig:
    """What the edge must know of the settings. Without a public address we serve this machine at ``localhost``."""
    return EdgeConfig(
        public_url=settings.public_url or f"http://localhost:{port}",
        secret_key=settings.key.decode(),
        metrics_token=settings.metrics_token.get_secret_value() if settings.metrics_token else None,
        max_upload=settings.max_upload_mb * 1_000_000,
        static_version=static_version(),
    )


def anchor_audit(settings: Settings) -> None:
    """Write down beside the database how far the audit log reaches."""
    with unit_of_work.anonymous_work() as session:
        head = read_head(session)
    Anchors(settings.data_dir, bound_key()).write(head)


def serve(settings: Settings, *, open_browser: bool) -> None:
    """Run until interrupted or told to end. Raises ``Unavailable`` with one sentence when it cannot start."""
    configure_logs(settings.log_level)
    sys.setswitchinterval(HAND_OVER_SECONDS)
    for each in (signal.SIGINT, signal.SIGTERM):  # uvicorn sends them once more when it has ended, and the database waits to be left
        signal.signal(each, _leave)
    sockets = [take_port(settings.host, settings.port)]
    port = sockets[0].getsockname()[1]
    house = build_house(settings, port)
    try:
        address = f"{house.app.config.public_url}/"
        code = issue_setup_code(house.store)
        if code:
            address += "setup"
            print(f"Setup code: {code}\nThe first page asks for this code. It works once, for 30 minutes.", flush=True)
        server = uvicorn.Server(
            uvicorn.Config(
                house.app, log_config=None, access_log=False, server_header=False, proxy_headers=bool(settings.trusted_proxies),
                forwarded_allow_ips=settings.trusted_proxies or None, timeout_graceful_shutdown=DRAIN_SECONDS, ws_max_size=1_048_576,
            )  # fmt: skip
        )
        nicegui_app.on_startup(lambda: _announce(house.app.config.public_url, address, open_browser))
        server.run(sockets=sockets)
    finally:
        house.close()
        carry_rest(settings)


def _leave(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def _mount_pages() -> None:
    install_theme(nicegui_app)
    register_pages([Depends(require_member)])


def _token_actor(store: SqlSessionStore, token: str) -> Actor | None:
    record = store.token(rules.hash_token(token))
    return record.actor() if record else None


def _announce(public_url: str, address: str, open_browser: bool) -> None:
    print(f"MindfulCRM is ready at {public_url}", flush=True)
    if open_browser and sys.stdout.isatty():
        webbrowser.open(address)


def _close_pages(app: EdgeApp, notice: dict[str, Any] | None) -> None:
    """Another process, or this one, ended a session; None: notices may have been missed, so ask for every open page."""
    if notice is None:
        background_tasks.create(app.live_pages.shut_ended())
    elif notice.get("session"):
        background_tasks.create(app.live_pages.close_session(UUID(notice["session"])))

