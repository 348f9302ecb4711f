"""Cursors say exactly what was put in, and refuse everything else in one sentence."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from crm_app.domain.errors import Invalid
from crm_app.domain.ids import new_id
from crm_app.domain.paging import decode_cursor, encode_cursor

MOMENT = datetime(2026, 9, 1, 12, 30, 0, 123456, tzinfo=UTC)


def test_round_trip_keeps_every_value():
    key = new_id()
    cursor = encode_cursor("žofia", 3, True, None, MOMENT, date(2026, 9, 1), key)
    assert decode_cursor(cursor, str, int, bool, str, datetime, date, UUID) == ("žofia", 3, True, None, MOMENT, date(2026, 9, 1), key)
    assert cursor.isascii() and "=" not in cursor


@pytest.mark.parametrize("cursor", ["", "x", "%%%", "AAAA", "a" * 5000, "é", encode_cursor("a"), encode_cursor(1, 2), encode_cursor("a", "no key")])
def test_anything_else_is_refused(cursor):
    with pytest.raises(Invalid):
        decode_cursor(cursor, str, UUID)


def test_an_edited_cursor_is_refused():
    cursor = encode_cursor("anna", new_id())
    for place in range(len(cursor)):
        edited = cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
        if place < len(cursor) - 1:  # the last letter may carry spare bits only
            with pytest.raises(Invalid):
                decode_cursor(edited, str, UUID)
