"""A private PostgreSQL in a folder: found, initialised, started, shared between processes, and stopped by the last to leave.

``supervisor`` is what others use. ``cluster`` knows one data folder, ``binaries`` where the programs are,
``account`` under whom the server runs, ``leases`` the two file locks, ``reasons`` how a failure is put into words.
"""

from crm_app.infrastructure.embedded_postgres.binaries import Binaries, find_binaries, speaks_tls
from crm_app.infrastructure.embedded_postgres.supervisor import EmbeddedPostgres

__all__ = ["Binaries", "EmbeddedPostgres", "find_binaries", "speaks_tls"]
