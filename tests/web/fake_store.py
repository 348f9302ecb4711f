"""The session store in memory, with a clock that tests may turn. ``test_session_store`` holds it to the real one."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from crm_app.domain.accounts import passwords
from crm_app.domain.accounts.schemas import (
    FirstOwner,
    LinkOffer,
    NewMember,
    NewSession,
    SessionLimits,
    SessionRecord,
    StoredPassword,
    TokenRecord,
)
from crm_app.domain.actor import Actor
from crm_app.domain.ids import new_id


@dataclass
class Person:
    user_id: UUID
    email: str
    name: str
    role: str
    password_hash: str
    disabled: bool = False


@dataclass
class Row:
    record: SessionRecord
    token_hash: bytes
    limits: SessionLimits
    opened: datetime
    seen: datetime
    revoked: bool = False
    user_agent: str = ""
    address: str = ""


@dataclass
class Link:
    email: str
    role: str
    expires: datetime
    used: bool = False
    revoked: bool = False
    user_id: UUID | None = None


@dataclass
class FakeSessionStore:
    people: dict[UUID, Person] = field(default_factory=dict)
    rows: dict[bytes, Row] = field(default_factory=dict)
    tokens: dict[bytes, TokenRecord] = field(default_factory=dict)
    rates: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    code: tuple[bytes, datetime] | None = None
    team: str = ""
    closed: list[UUID] = field(default_factory=list)
    refused: list[tuple[UUID | None, str]] = field(default_factory=list)
    uploads: dict[UUID, tuple[UUID, str, str, bytes]] = field(default_factory=dict)
    invitations: dict[bytes, Link] = field(default_factory=dict)
    resets: dict[bytes, Link] = field(default_factory=dict)
    joined: list[NewMember] = field(default_factory=list)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def turn_clock(self, by: timedelta) -> None:
        self.now += by

    def add_person(self, email: str, password: str, role: str = "member", name: str = "Alice Moor") -> Person:
        person = Person(new_id(), email, name, role, passwords.hash_password(password))
        self.people[person.user_id] = person
        self.team = self.team or "Stillwater Studio"
        return person

    def user_by_email(self, email: str) -> StoredPassword | None:
        found = next((person for person in self.people.values() if person.email.lower() == email.lower()), None)
        return StoredPassword(found.user_id, found.password_hash, found.disabled) if found else None

    def open_session(self, new: NewSession, limits: SessionLimits) -> UUID:
        person = self.people.get(new.user_id)
        if person is None or person.disabled:
            raise LookupError("this person cannot sign in")
        record = SessionRecord(new_id(), person.user_id, person.role, person.name, person.email, remembered=new.remembered, created_at=self.now)
        self.rows[new.token_hash] = Row(record, new.token_hash, limits, self.now, self.now, user_agent=new.user_agent, address=new.address)
        return record.session_id

    def sign_in_refused(self, user_id: UUID | None, address: str) -> None:
        self.refused.append((user_id, address))

    def session(self, token_hash: bytes) -> SessionRecord | None:
        found = self.peek_session(token_hash)
        if found is not None and self.now - self.rows[token_hash].seen > timedelta(minutes=1):
            self.rows[token_hash].seen = self.now
        return found

    def peek_session(self, token_hash: bytes) -> SessionRecord | None:
        row = self.rows.get(token_hash)
        if row is None or row.revoked or self.people[row.record.user_id].disabled:
            return None
        if self.now >= row.opened + row.limits.absolute or self.now >= row.seen + row.limits.idle:
            return None
        person = self.people[row.record.user_id]
        return replace(row.record, role=person.role, name=person.name, data=copy.deepcopy(row.record.data))

    def save_session_data(self, token_hash: bytes, data: dict[str, Any]) -> None:
        row = self.rows.get(token_hash)
        if row is not None and not row.revoked:
            row.record = replace(row.record, data=copy.deepcopy(data))

    def close_session(self, session_id: UUID, user_id: UUID) -> None:
        for row in self.rows.values():
            if row.record.session_id == session_id and row.record.user_id == user_id and not row.revoked:
                row.revoked = True
                self.closed.append(session_id)

    def close_user_sessions(self, user_id: UUID, except_session: UUID | None = None) -> None:
        for row in list(self.rows.values()):
            if row.record.user_id == user_id and row.record.session_id != except_session:
                self.close_session(row.record.session_id, user_id)

    def token(self, token_hash: bytes) -> TokenRecord | None:
        return self.tokens.get(token_hash)

    def rate_hit(self, key: str, window: int) -> int:
        hits, ends = self.rates.get(key, (0, self.now))
        self.rates[key] = (1, self.now + timedelta(seconds=window)) if ends <= self.now else (hits + 1, ends)
        return self.rates[key][0]

    def rate_peek(self, key: str) -> tuple[int, int]:
        hits, ends = self.rates.get(key, (0, self.now))
        return (hits, -int(-(ends - self.now).total_seconds() // 1)) if ends > self.now else (0, 0)

    def rate_clear(self, key: str) -> None:
        self.rates.pop(key, None)

    def set_password(self, user_id: UUID, password_hash: str) -> None:
        self.people[user_id].password_hash = password_hash

    def team_name(self) -> str:
        return self.team

    def is_first_run(self) -> bool:
        return not self.people

    def put_setup_code(self, code_hash: bytes, life: timedelta) -> None:
        if not self.people:
            self.code = (code_hash, self.now + life)

    def first_owner(self, code_hash: bytes, owner: FirstOwner) -> UUID | None:
        if self.people or self.code is None or self.code[0] != code_hash or self.code[1] <= self.now:
            return None
        self.code, self.team = None, owner.team_name
        person = Person(new_id(), owner.email, owner.name, "owner", owner.password_hash)
        self.people[person.user_id] = person
        return person.user_id

    def add_invitation(self, token_hash: bytes, email: str, role: str = "member", life: timedelta = timedelta(days=7)) -> None:
        self.invitations[token_hash] = Link(email, role, self.now + life)

    def add_reset(self, token_hash: bytes, user_id: UUID, life: timedelta = timedelta(minutes=10)) -> None:
        self.resets[token_hash] = Link(self.people[user_id].email, "", self.now + life, user_id=user_id)

    def _state(self, link: Link) -> str:
        return "used" if link.used else "revoked" if link.revoked else "expired" if link.expires <= self.now else "open"

    def invitation(self, token_hash: bytes) -> LinkOffer | None:
        link = self.invitations.get(token_hash)
        return LinkOffer(self._state(link), link.email, self.team, role=link.role, country="GB", inviter="Olivia") if link else None

    def accept_invitation(self, token_hash: bytes, member: NewMember) -> UUID | None:
        link = self.invitations.get(token_hash)
        if link is None or self._state(link) != "open" or self.user_by_email(link.email):
            return None
        link.used = True
        person = Person(new_id(), link.email, member.name, link.role, member.password_hash)
        self.people[person.user_id] = person
        self.joined.append(member)
        return person.user_id

    def password_reset(self, token_hash: bytes) -> LinkOffer | None:
        link = self.resets.get(token_hash)
        if link is None:
            return None
        person = self.people[link.user_id]
        return LinkOffer("revoked" if person.disabled else self._state(link), person.email, self.team, name=person.name)

    def use_password_reset(self, token_hash: bytes, password_hash: str, address: str) -> UUID | None:
        link = self.resets.get(token_hash)
        if link is None or self._state(link) != "open" or self.people[link.user_id].disabled:
            return None
        link.used = True
        self.people[link.user_id].password_hash = password_hash
        for other in self.resets.values():
            other.revoked = other.revoked or (other.user_id == link.user_id and not other.used)
        self.close_user_sessions(link.user_id)
        return link.user_id

    def keep_upload(self, actor: Actor, purpose: str, name: str, content: bytes) -> UUID:
        upload_id = new_id()
        self.uploads[upload_id] = (actor.user_id, purpose, name, content)
        return upload_id
