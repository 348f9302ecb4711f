"""Changing the keys that seal stored passwords, from the terminal."""

from __future__ import annotations

from crm_app.domain.audit.writing import note_anyone
from crm_app.domain.unit_of_work import anonymous_work
from crm_app.infrastructure import rotation
from crm_app.infrastructure.database import Database
from crm_app.settings import Settings


def change_keys(database: Database, settings: Settings) -> str:
    """Put a new key in front and everything under it, or go on where that was cut off; the sentence to print."""
    made = rotation.rotate_keys(database, settings)
    _note("keys.changed", key=made.key_id, records=made.changed)
    begun = "Went on with the change of keys" if made.resumed else f"A new key is in front of {settings.ring_path}"
    said = f"{begun}: {_passwords(made.changed)} put under it. Keep a copy of the file where the backups are not."
    if made.left:
        return f"{said} {_passwords(made.left)} could not be, in use just now or changed by hand: run it again, and if that does not help, with --forget-lost."
    if not made.older:
        return said
    removing = f"Once no backup from before today has to be restored any more, `mindfulcrm rotate-keys --remove-old` removes {_keys(made.older)}"
    return f"{said} {removing}: nothing is sealed with {'it' if made.older == 1 else 'them'} now."


def remove_old(database: Database, settings: Settings) -> str:
    """Remove the keys that nothing needs; the sentence to print."""
    removed = rotation.remove_old_keys(database, settings)
    if removed:
        _note("keys.removed", keys=removed)
    return f"Removed {_keys(removed)} that nothing is sealed with." if removed else "There is no key that nothing needs."


def forget_lost(database: Database, settings: Settings) -> str:
    """Remove what no key opens any more; the sentence to print."""
    forgotten = rotation.forget_lost(database, settings)
    if forgotten:
        _note("keys.forgotten", records=forgotten)
        return f"Removed {_passwords(forgotten)} that no key opens any more. Their owners are asked for them again."
    return "Every stored password opens, and nothing was removed."


def _note(action: str, **details: str | int) -> None:
    with anonymous_work() as session:
        note_anyone(session, action, actor_id=None, via="cli", details=dict(details))


def _passwords(count: int) -> str:
    return "1 stored password" if count == 1 else f"{count:,} stored passwords"


def _keys(count: int) -> str:
    return "1 older key" if count == 1 else f"{count} older keys"
