"""Backup and restore: one sealed file with the whole database and the files that belong to it.

``making`` and ``restoring`` are what others use. ``file`` knows the file, ``cipher`` how it is encrypted, ``figures`` what
proves that it restores, ``tools`` runs PostgreSQL's programs (through ``tls_bridge`` where they lack TLS), ``history`` remembers
what was made and verified, ``schedule`` makes one every day.
"""

from crm_app.infrastructure.backup.cipher import usable_key
from crm_app.infrastructure.backup.file import Manifest
from crm_app.infrastructure.backup.making import write_backup
from crm_app.infrastructure.backup.restoring import restore_backup, verify_backup

__all__ = ["Manifest", "restore_backup", "usable_key", "verify_backup", "write_backup"]
