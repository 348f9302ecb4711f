"""The tests' own ground: five people, an application role without privileges, nothing left from the test before."""

from __future__ import annotations

from sqlalchemy import text


def test_people_stand_in_the_database(database, alice, olivia):
    with database.owner.connect() as connection:
        names = connection.execute(text("select name from user_account order by id")).scalars().all()
    assert names == ["Olivia", "Alice", "Bob", "Vera", "Charlie"]
    assert alice.role == "member" and olivia.is_admin
