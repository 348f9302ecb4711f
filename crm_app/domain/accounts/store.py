"""Sign-in, sessions and tokens in PostgreSQL: each call is one ``SECURITY DEFINER`` function in a transaction of its own.

The application's role cannot read password hashes, tokens or other people's sessions; it can only ask these questions.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

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
from crm_app.domain.audit.writing import note_anyone
from crm_app.domain.permissions import Permission, Role
from crm_app.domain.unit_of_work import anonymous_work, unit_of_work


def _row(call: str, **values: Any) -> Any:
    with anonymous_work() as session:
        return session.connection().execute(text(call), values).mappings().first()


def _value(call: str, **values: Any) -> Any:
    with anonymous_work() as session:
        return session.connection().execute(text(call), values).scalar()


class SqlSessionStore:
    """The ``SessionStore`` of the running product."""

    def user_by_email(self, email: str) -> StoredPassword | None:
        """The password hash of the person with this address, whatever its case."""
        found = _row("select * from auth_user_by_email(:email)", email=email)
        return StoredPassword(**found) if found else None

    def open_session(self, new: NewSession, limits: SessionLimits) -> UUID:
        """Write a session and return its id; ``LookupError`` when the person was disabled meanwhile."""
        call = "select auth_open_session(:who, :hash, :idle, :absolute, :keep, :agent, :peer)"
        values = {
            "who": new.user_id, "hash": new.token_hash, "idle": limits.idle, "absolute": limits.absolute, "keep": new.remembered,
            "agent": new.user_agent, "peer": new.address,
        }  # fmt: skip
        with anonymous_work() as session:
            opened = session.connection().execute(text(call), values).scalar()
            if opened is None:
                raise LookupError("this person cannot sign in")
            details = {"session": str(opened), "remembered": new.remembered}
            note_anyone(session, "account.signed_in", actor_id=new.user_id, address=new.address, details=details)
        return UUID(str(opened))

    def sign_in_refused(self, user_id: UUID | None, address: str) -> None:
        """Put a refused sign-in into the audit log: whose account, if it is one's, and from where."""
        with anonymous_work() as session:
            note_anyone(session, "account.signed_in", actor_id=None, outcome="refused", subject="person" if user_id else "", subject_id=user_id, address=address)

    def session(self, token_hash: bytes) -> SessionRecord | None:
        """The live session of an enabled person; marks it as used, at most once a minute."""
        found = _row("select * from auth_session(:hash)", hash=token_hash)
        return SessionRecord(**found) if found else None

    def peek_session(self, token_hash: bytes) -> SessionRecord | None:
        """The same without marking it as used, for what a page does by itself."""
        found = _row("select * from auth_peek_session(:hash)", hash=token_hash)
        return SessionRecord(**found) if found else None

    def save_session_data(self, token_hash: bytes, data: dict[str, Any]) -> None:
        """Replace the session's dictionary."""
        _value("select auth_save_session_data(:hash, cast(:data as jsonb))", hash=token_hash, data=json.dumps(data))

    def close_session(self, session_id: UUID, user_id: UUID) -> None:
        """End one session of this person, and tell every process."""
        _value("select auth_close_session(:session, :who)", session=session_id, who=user_id)

    def close_user_sessions(self, user_id: UUID, except_session: UUID | None = None) -> None:
        """End every session of this person but one, and tell every process."""
        _value("select auth_close_user_sessions(:who, cast(:kept as uuid))", who=user_id, kept=except_session)

    def token(self, token_hash: bytes) -> TokenRecord | None:
        """The live API token of an enabled person. Its first use in an hour or on a day goes into the audit log."""
        with anonymous_work() as session:
            row = session.connection().execute(text("select * from auth_token(:hash)"), {"hash": token_hash}).mappings().first()
            if row is None:
                return None
            found = dict(row)
            if found.pop("fresh"):
                note_anyone(session, "token.used", actor_id=found["user_id"], via="api", subject="token", subject_id=found["token_id"])
        return TokenRecord(**{**found, "scopes": frozenset((found["scopes"] or "").split())})

    def feed_reader(self, token_hash: bytes) -> Actor | None:
        """The enabled person whose live calendar address this is, as one who may read contacts and do nothing else."""
        found = _row("select * from auth_feed(:hash)", hash=token_hash)
        if found is None:
            return None
        return Actor(**{**found, "role": Role(found["role"]), "via": "api", "scopes": frozenset({Permission.CONTACT_READ.value})})

    def digest_reader(self, user_id: UUID) -> tuple[Actor, UUID] | None:
        """The enabled person as one who may change what they are told and nothing else, and what their links are signed over."""
        found = _row("select * from auth_digest(:who)", who=user_id)
        if found is None:
            return None
        values = dict(found)
        nonce = values.pop("nonce")
        return Actor(**{**values, "role": Role(values["role"]), "via": "web", "scopes": frozenset({Permission.NOTIFICATION_WRITE.value})}), nonce

    def rate_hit(self, key: str, window: int) -> int:
        """Count one more and return how many there were in the window."""
        return int(_value("select auth_rate_hit(:key, :window)", key=key, window=window))

    def rate_peek(self, key: str) -> tuple[int, int]:
        """Hits in the open window and the seconds it has left; ``(0, 0)`` without one."""
        found = _row("select hits, ceil(extract(epoch from ends_at - now()))::int as left from auth_rate_peek(:key)", key=key)
        return (found["hits"], found["left"]) if found else (0, 0)

    def rate_clear(self, key: str) -> None:
        """Forget the key."""
        _value("select auth_rate_clear(:key)", key=key)

    def set_password(self, user_id: UUID, password_hash: str) -> None:
        """Replace a person's password hash, acting as that person."""
        with unit_of_work(Actor(user_id=user_id, role=Role.MEMBER), "accounts.set_password") as session:
            session.connection().execute(text("select auth_set_password(:who, :hash)"), {"who": user_id, "hash": password_hash})

    def team_name(self) -> str:
        """The team's name; empty before the first run."""
        return str(_value("select auth_team_name()") or "")

    def is_first_run(self) -> bool:
        """True until the first owner exists."""
        return bool(_value("select auth_is_first_run()"))

    def put_setup_code(self, code_hash: bytes, life: timedelta) -> None:
        """Keep the one setup code, replacing an earlier one."""
        _value("select auth_put_setup_code(:hash, :life)", hash=code_hash, life=life)

    def first_owner(self, code_hash: bytes, owner: FirstOwner) -> UUID | None:
        """Make the first owner and use up the code, in one step; None when the code is wrong, used or too old."""
        call = "select auth_first_owner(:code, :mail, :name, :hash, :team, :country, :zone, :lang)"
        made = _value(
            call, code=code_hash, mail=owner.email, name=owner.name, hash=owner.password_hash, team=owner.team_name, country=owner.country,
            zone=owner.time_zone, lang=owner.locale,
        )
        return UUID(str(made)) if made else None

    def invitation(self, token_hash: bytes) -> LinkOffer | None:
        """What the invitation behind a link offers, also when it is over; None when there never was one."""
        call = "select state, email, role, coalesce(team, '') as team, coalesce(country, '') as country, inviter from auth_invitation(:hash)"
        found = _row(call, hash=token_hash)
        return LinkOffer(**found) if found else None

    def accept_invitation(self, token_hash: bytes, member: NewMember) -> UUID | None:
        """Make the account that an open invitation offers, once; None when it is over, or the address has an account by now."""
        with anonymous_work() as session:
            call = text("select auth_accept_invitation(:hash, :name, :secret, :zone, :lang, :week)")
            values = {
                "hash": token_hash, "name": member.name, "secret": member.password_hash, "zone": member.time_zone, "lang": member.locale, "week": member.week_start,
            }  # fmt: skip
            made = session.connection().execute(call, values).scalar()
            if made is None:
                return None
            person = UUID(str(made))
            note_anyone(session, "team.joined", actor_id=person, subject="person", subject_id=person, address=member.address)
        return person

    def password_reset(self, token_hash: bytes) -> LinkOffer | None:
        """Whose password the link behind this hash replaces, also when it is over; None when there never was one."""
        found = _row("select state, email, name, coalesce(team, '') as team from auth_reset(:hash)", hash=token_hash)
        return LinkOffer(**found) if found else None

    def use_password_reset(self, token_hash: bytes, password_hash: str, address: str) -> UUID | None:
        """Replace the password by an open link, once, and end every session of that person; None when the link is over."""
        with anonymous_work() as session:
            who = session.connection().execute(text("select auth_use_reset(:hash, :secret)"), {"hash": token_hash, "secret": password_hash}).scalar()
            if who is None:
                return None
            person = UUID(str(who))
            note_anyone(session, "account.password_reset", actor_id=person, subject="person", subject_id=person, address=address)
        return person
