"""Under which names a contact might have a public picture, guessed from what the practice knows; looked at by a person, fetched by nobody."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field, field_validator
from sqlmodel import Session

from crm_app.ai.skills.frame import Case, Cited, NothingToRead, Result, Skill
from crm_app.domain.actor import Actor
from crm_app.domain.ai.features import Feature
from crm_app.domain.analyses.schemas import Subject
from crm_app.domain.consents import service as consents
from crm_app.domain.consents.kinds import Purpose
from crm_app.domain.contacts import service as contacts
from crm_app.domain.disclosure import service as disclosure
from crm_app.domain.disclosure.schemas import DossierWish, SourceKind

HANDLE = r"[A-Za-z0-9][A-Za-z0-9._-]{1,39}"


class Service(StrEnum):
    """Where the name would be one."""

    INSTAGRAM = "instagram"
    LINKEDIN = "linkedin"
    FACEBOOK = "facebook"
    MASTODON = "mastodon"
    GITHUB = "github"
    WEBSITE = "website"


class Guess(Cited):
    """A name at a service; ``text`` says what speaks for it."""

    service: Service
    handle: str = Field(pattern=rf"^@?{HANDLE}(@{HANDLE})?$", max_length=80)
    confidence: float = Field(ge=0, le=1)

    @field_validator("handle")
    @classmethod
    def _plain(cls, value: str) -> str:
        return value.removeprefix("@")


class Handles(Result):
    """At most three guesses, the likeliest first; none where nothing speaks for any."""

    guesses: tuple[Guess, ...] = Field(max_length=3)


INSTRUCTIONS = """Say under which public names the contact of source [1] might be found, for somebody who looks for their picture with their knowledge.
- A name that a source names goes first ("find me as …"), with a confidence near 1. A website of their own counts: its host is the handle.
- Else one or two that follow from how the person writes their own name at work, with a confidence below 0.4. A common name alone is no ground for a guess.
- Names of relatives, of employers, and of people who are merely mentioned are not theirs.
- None where nothing speaks for one: an empty list is a good answer."""


def prepare(session: Session, actor: Actor, subject: Subject) -> Case:
    """Who the contact is, and the latest entries; only where they agree to being read and to being looked for, and have no picture yet."""
    if not consents.find_agreed(session, actor, [subject.id], Purpose.PHOTO):
        raise NothingToRead
    dossier = disclosure.get_dossier(session, actor, subject.id, DossierWish(kinds=frozenset({SourceKind.ENTRY}), most=15, most_characters=6_000))
    if contacts.get_contact(session, actor, subject.id).photo_sha:
        raise NothingToRead
    return Case(sources=dossier.everything)


SKILL = Skill(name="photo_handles", feature=Feature.PHOTOS, version=1, instructions=INSTRUCTIONS, result=Handles, prepare=prepare, max_output=300)
