"""A secret box for tests of what is kept in one: it turns the text round, opens for its own place only, and can be told to lose its key."""

from __future__ import annotations

from pydantic import SecretStr

from crm_app.domain.secret_box import Place, SealBroken, Sealed


class TurnedBox:
    """Never to be mistaken for encryption, and yet no stored byte looks like the password."""

    lost = False

    def seal(self, place: Place, plain: SecretStr) -> Sealed:
        return Sealed(f"{place.table}/{place.row_id}/{plain.get_secret_value()[::-1]}".encode(), "key-1")

    def open(self, place: Place, sealed: Sealed) -> SecretStr:
        table, row_id, text = sealed.content.decode().split("/", 2)
        if self.lost or (table, row_id, sealed.key_id) != (place.table, str(place.row_id), "key-1"):
            raise SealBroken
        return SecretStr(text[::-1])
