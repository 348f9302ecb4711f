"""TOK-01 to TOK-04: what is sealed opens in its own place, with its own key, as it was, or not at all."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import text

from crm_app.domain import sealing
from crm_app.domain.secret_box import Place, SealBroken, Sealed
from crm_app.infrastructure.key_ring import KEY_BYTES, KeyRing, ring_key
from crm_app.infrastructure.secret_box import HEAD, AesSecretBox, opens, with_new_head
from tests.security.counts import counted

OLD, NEW, NEVER = (ring_key(bytes([number]) * KEY_BYTES) for number in (1, 2, 3))
BOTH = KeyRing((NEW, OLD))
HERE = Place("connection_secret", UUID(int=7), "sealed")
PLACES = st.builds(Place, st.sampled_from(["connection_secret", "second_factor", "a"]), st.uuids(), st.sampled_from(["sealed", "seed"]))


def box(*keys) -> AesSecretBox:
    ring = KeyRing(keys)
    return AesSecretBox(lambda: ring)


def refused(opening: AesSecretBox, place: Place, sealed: Sealed) -> None:
    with pytest.raises(SealBroken) as error:
        opening.open(place, sealed)
    assert str(error.value) == "This stored password can no longer be opened. Enter it again."
    assert error.value.__cause__ is None and (error.value.__suppress_context__ or error.value.__context__ is None)


@counted(1_000, 10_000, "swaps and flips")
def test_tok_02_a_swap_or_a_changed_bit_opens_nothing(count):
    @settings(max_examples=count, deadline=None, derandomize=True, database=None)
    @given(data=st.data(), plain=st.text(max_size=80), place=PLACES)
    def spoil(data, plain, place):
        _spoil(data, plain, place)

    spoil()


def _spoil(data, plain: str, place: Place) -> None:
    writer = box(data.draw(st.sampled_from((OLD, NEW))))
    sealed = writer.seal(place, SecretStr(plain))
    opener = AesSecretBox(lambda: BOTH)
    assert opener.open(place, sealed).get_secret_value() == plain
    how = data.draw(st.sampled_from(("flip", "cut", "add", "place", "key name", "key", "head", "body")))
    other = opener.seal(place, SecretStr(plain + "x"))
    elsewhere = writer.seal(data.draw(PLACES.filter(lambda found: found != place)), SecretStr(plain))
    size = len(sealed.content)
    match how:
        case "flip":
            bit = data.draw(st.integers(0, size * 8 - 1))
            content = bytearray(sealed.content)
            content[bit // 8] ^= 1 << bit % 8
            refused(opener, place, replace(sealed, content=bytes(content)))
        case "cut":
            refused(opener, place, replace(sealed, content=sealed.content[: data.draw(st.integers(0, size - 1))]))
        case "add":
            refused(opener, place, replace(sealed, content=sealed.content + data.draw(st.binary(min_size=1, max_size=20))))
        case "place":
            refused(opener, data.draw(PLACES.filter(lambda found: found != place)), sealed)
        case "key name":
            refused(opener, place, replace(sealed, key_id=data.draw(st.sampled_from((NEVER.id, "", (OLD if sealed.key_id == NEW.id else NEW).id)))))
        case "key":
            refused(box(NEVER), place, replace(sealed, key_id=NEVER.id))
        case "head":
            refused(opener, place, Sealed(data.draw(st.sampled_from((other, elsewhere))).content[:HEAD] + sealed.content[HEAD:], sealed.key_id))
        case "body":
            refused(opener, place, replace(sealed, content=sealed.content[:HEAD] + data.draw(st.sampled_from((other, elsewhere))).content[HEAD:]))


def test_tok_02_nothing_is_sealed_twice_alike():
    """Neither the key of a record nor a nonce comes again: equal passwords look as different as any two."""
    sealed = {box(NEW).seal(HERE, SecretStr("the same")).content for _ in range(200)}
    assert len(sealed) == len({content[1:13] for content in sealed}) == len({content[HEAD : HEAD + 12] for content in sealed}) == 200


def test_tok_02_a_form_that_nobody_knows_is_refused():
    sealed = box(NEW).seal(HERE, SecretStr("x"))
    refused(box(NEW), HERE, replace(sealed, content=b"\x02" + sealed.content[1:]))
    refused(box(NEW), HERE, replace(sealed, content=b""))


def test_tok_03_a_new_head_changes_the_key_and_not_the_body():
    sealed = box(OLD).seal(HERE, SecretStr("pass"))
    changed = Sealed(with_new_head(sealed.content[:HEAD], HERE, OLD, NEW) + sealed.content[HEAD:], NEW.id)
    assert box(NEW).open(HERE, changed).get_secret_value() == "pass"
    refused(box(OLD), HERE, replace(changed, key_id=OLD.id))
    with pytest.raises(SealBroken):
        with_new_head(changed.content[:HEAD], HERE, OLD, NEW)
    with pytest.raises(SealBroken):
        with_new_head(sealed.content[:HEAD], replace(HERE, row_id=UUID(int=8)), OLD, NEW)
    head = sealed.content[:HEAD]
    assert opens(head, HERE, OLD) and not (opens(head, HERE, NEW) or opens(head, HERE, None) or opens(head, replace(HERE, column="x"), OLD) or opens(head[:-1], HERE, OLD))


def test_tok_01_neither_a_key_nor_what_is_sealed_shows_when_it_is_printed():
    sealed = box(NEW).seal(HERE, SecretStr("canary"))
    said = f"{sealed!r} {BOTH!r} {NEW!r} {box(NEW).open(HERE, sealed)!r}"
    assert "canary" not in said and str(sealed.content) not in said and str(NEW.secret) not in said and NEW.secret.hex() not in said


def test_the_box_is_made_when_it_is_first_needed_and_once(monkeypatch):
    made = []
    sealing.bind_box(lambda: made.append(box(NEW)) or made[-1])
    assert made == []
    assert sealing.bound_box() is sealing.bound_box() is made[0] and len(made) == 1
    monkeypatch.setattr(sealing._Binding, "make", None)
    monkeypatch.setattr(sealing._Binding, "box", None)
    with pytest.raises(RuntimeError, match="bind_box"):
        sealing.bound_box()


def test_every_sealed_column_is_known(database):
    """What is sealed and not named would neither be counted at a start nor sealed anew when the keys are changed."""
    with database.owner.connect() as connection:
        found = connection.execute(text("select table_name from information_schema.columns where table_schema = 'public' and column_name = 'key_id' and table_name <> 'audit_entry'"))
        assert sorted(found.scalars()) == sorted(column.table for column in sealing.SEALED_COLUMNS)
        for column in sealing.SEALED_COLUMNS:
            names = f"{column.row_id}, {column.column}, {column.key_id}"
            assert connection.execute(text(f"select {names} from {column.table}")).all() == []
            assert column.of(UUID(int=3)) == Place(column.table, UUID(int=3), column.column)
