"""What of the database is sealed, and where the composition root puts the box that does it.

    sealed = bound_box().seal(CONNECTION_PASSWORD.of(connection_id), password)
    ConnectionSecret(connection_id=connection_id, sealed=sealed.content, key_id=sealed.key_id, …)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from crm_app.domain.secret_box import Place, SecretBox


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column of sealed things: its table, the column that holds the row's id, and the one that names the key.

    A row is nothing without what is sealed in it: when its key is lost for good, the row goes.
    """

    table: str
    row_id: str
    column: str = "sealed"
    key_id: str = "key_id"

    def of(self, row_id: UUID) -> Place:
        """This column of one row."""
        return Place(self.table, row_id, self.column)


CONNECTION_PASSWORD: Final = SealedColumn("connection_secret", "connection_id")
OAUTH_CLIENT: Final = SealedColumn("oauth_client", "id")
AI_KEY: Final = SealedColumn("ai_provider_key", "provider_id")

SEALED_COLUMNS: Final = (CONNECTION_PASSWORD, OAUTH_CLIENT, AI_KEY)
"""All of them. What stands here is counted before a start, and sealed anew when the keys are changed."""


class _Binding:
    make: Callable[[], SecretBox] | None = None
    box: SecretBox | None = None


def bind_box(make: Callable[[], SecretBox]) -> None:
    """Have everything of this process sealed by what ``make`` returns. It is called once, when something is first sealed or opened."""
    _Binding.make, _Binding.box = make, None


def bound_box() -> SecretBox:
    """The box that ``bind_box`` was given."""
    if _Binding.box is None:
        if _Binding.make is None:
            raise RuntimeError("sealing.bind_box(make) has not been called")
        _Binding.box = _Binding.make()
    return _Binding.box
