"""A process that changes the keys of a test's database, and is killed while it does: says after each batch how far it is."""

from __future__ import annotations

import sys
from pathlib import Path

from sqlalchemy import create_engine

from crm_app.infrastructure.database import Database
from crm_app.infrastructure.rotation import rotate_keys
from crm_app.settings import load_settings


def main(owner_dsn: str, folder: str, batch: str) -> None:
    """Rotate, a small batch at a time, and print how many have been changed."""
    database = Database(owner_dsn, owner_dsn, create_engine("postgresql+psycopg://"), 18, True)
    settings = load_settings(_env_file=None, data_dir=Path(folder), secret_key=None)
    print("ready", flush=True)
    rotate_keys(database, settings, batch=int(batch), told=lambda changed: print(changed, flush=True))
    print("done", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
