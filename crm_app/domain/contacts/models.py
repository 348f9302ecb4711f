"""A contact: a client, prospect or collaborator, and the parts of one that stand in tables of their own."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Computed, DateTime, ForeignKey, Index, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlmodel import Field, SQLModel

from crm_app.domain.rows import Keyed, Owned, Trashable, Versioned, audience_known, one_of

_SEEN = ["owner_id", "audience"]
_NAME_WORDS = "name_words(display_name, given_name, middle_name, family_name, nickname, sort_name)"


class Stage(StrEnum):
    """Where a relationship stands."""

    DISCOVERY = "discovery"
    CURIOUS = "curious"
    NEW_CLIENT = "new_client"
    CORE_CLIENT = "core_client"
    AMBASSADOR = "ambassador"
    NEEDS_RECONNECTING = "needs_reconnecting"
    INACTIVE = "inactive"
    COLLABORATOR = "collaborator"


class Source(StrEnum):
    """How a row came to be."""

    MANUAL = "manual"
    IMPORT = "import"
    SYNC = "sync"
    API = "api"
    AI = "ai"


class PointKind(StrEnum):
    """A way to reach someone, or a place to find them."""

    EMAIL = "email"
    PHONE = "phone"
    WEBSITE = "website"
    SOCIAL = "social"


class Contact(Versioned, Owned, Trashable, table=True):
    """One person or organisation. The fields from ``last_contact_at`` on are derived by ``refresh_derived``.

    ``ai_allowed`` is ours to say ("never to AI" when it is not), ``ai_consent`` theirs: it follows from ``consent``, by trigger. AI reads only where both stand.
    """

    __tablename__ = "contact"
    __table_args__ = (
        audience_known("contact"),
        one_of("stage", Stage, "contact"),
        one_of("source", Source, "contact"),
        one_of("preferred_method", PointKind, "contact", optional=True),
        Index("contact_search_trgm", "search_text", postgresql_using="gin", postgresql_ops={"search_text": "gin_trgm_ops"}),
        # Names are read in order, and counted, from the index alone: it holds what row security and the filters ask for.
        Index("contact_by_name", "sort_name", "id", postgresql_include=[*_SEEN, "archived_at"], postgresql_where=text("deleted_at is null")),
        Index(
            "contact_favourites", "sort_name", "id", postgresql_include=[*_SEEN, "archived_at"],
            postgresql_where=text("favourite is true and deleted_at is null"),
        ),
        Index("contact_archive", "sort_name", "id", postgresql_include=_SEEN, postgresql_where=text("archived_at is not null and deleted_at is null")),
        Index("contact_in_trash", "id", postgresql_include=_SEEN, postgresql_where=text("deleted_at is not null")),
        Index("contact_search_grams", "search_grams", postgresql_using="gin", postgresql_where=text("search_grams is not null")),
        Index("contact_by_word", text(_NAME_WORDS), postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
        # People never met come last in both directions. A row comparison, which paging needs, knows no "nulls last",
        # and under row security PostgreSQL uses GREATEST in an index (NULL is never the greatest) but not COALESCE.
        Index(
            "contact_by_last", text("greatest(last_contact_at, '-infinity'::timestamptz) desc"), text("id desc"),
            postgresql_include=["last_contact_at", *_SEEN, "archived_at"], postgresql_where=text("deleted_at is null"),
        ),
        Index(
            "contact_by_last_asc", text("least(last_contact_at, 'infinity'::timestamptz)"), "id",
            postgresql_where=text("deleted_at is null"),
        ),
        # Counting what someone sees reads this index alone.
        Index(
            "contact_counted", "owner_id", "audience", postgresql_include=["stage", "favourite", "archived_at"],
            postgresql_where=text("deleted_at is null"),
        ),
        Index(
            "contact_by_created", text("created_at desc"), text("id desc"), postgresql_include=[*_SEEN, "archived_at"],
            postgresql_where=text("deleted_at is null"),
        ),
        Index("contact_by_updated", text("updated_at desc"), text("id desc"), postgresql_where=text("deleted_at is null")),
        Index("contact_by_stage_name", "stage", "sort_name", "id", postgresql_include=[*_SEEN, "archived_at"], postgresql_where=text("deleted_at is null")),
        # Being due is asked of this index alone; names and faces are read for the few that are shown.
        Index(
            "contact_by_due", "due_at", "id", postgresql_include=["owner_id", "audience", "snoozed_until"],
            postgresql_where=text("deleted_at is null and archived_at is null and due_at is not null"),
        ),
        Index("contact_by_birthday", "birth_month", "birth_day", postgresql_where=text("deleted_at is null and archived_at is null and birth_day is not null")),
        Index("contact_by_owner", "owner_id"),
        Index("contact_by_referrer", "referred_by_id", postgresql_where=text("referred_by_id is not null")),
    )

    display_name: str = Field(max_length=240, sa_type=Text)
    given_name: str = Field(default="", max_length=120, sa_type=Text)
    middle_name: str = Field(default="", max_length=120, sa_type=Text)
    family_name: str = Field(default="", max_length=120, sa_type=Text)
    name_prefix: str = Field(default="", max_length=60, sa_type=Text)
    name_suffix: str = Field(default="", max_length=60, sa_type=Text)
    nickname: str = Field(default="", max_length=120, sa_type=Text)
    pronouns: str = Field(default="", max_length=60, sa_type=Text)
    company: str = Field(default="", max_length=240, sa_type=Text)
    job_title: str = Field(default="", max_length=240, sa_type=Text)
    street: str = Field(default="", max_length=400, sa_type=Text)
    city: str = Field(default="", max_length=120, sa_type=Text)
    region: str = Field(default="", max_length=120, sa_type=Text)
    postal_code: str = Field(default="", max_length=40, sa_type=Text)
    country: str = Field(default="", max_length=120, sa_type=Text)
    birth_year: int | None = Field(default=None, ge=1850, le=2200)
    birth_month: int | None = Field(default=None, ge=1, le=12)
    birth_day: int | None = Field(default=None, ge=1, le=31)
    language: str = Field(default="", max_length=60, sa_type=Text)
    preferred_method: str | None = Field(default=None, sa_type=Text)
    notes: str = Field(default="", max_length=20_000, sa_type=Text)
    stage: str = Field(default=Stage.DISCOVERY.value, sa_type=Text)
    cadence_days: int | None = Field(default=None, ge=0, le=3650)
    snoozed_until: date | None = None
    referred_by_id: UUID | None = Field(default=None, foreign_key="contact.id", ondelete="SET NULL")
    favourite: bool = False
    locked: bool = False
    ai_allowed: bool = Field(default=True, sa_column_kwargs={"server_default": text("true")})
    ai_consent: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    source: str = Field(default=Source.MANUAL.value, sa_type=Text)
    archived_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    photo_id: UUID | None = Field(default=None, sa_type=Uuid, sa_column_args=(ForeignKey("blob.id", name="contact_photo_fk", use_alter=True, ondelete="SET NULL"),))
    extra: dict[str, str] = Field(default_factory=dict, sa_type=JSONB, sa_column_kwargs={"server_default": text("'{}'")})

    sort_name: str = Field(default="", sa_type=Text)
    search_text: str = Field(default="", sa_type=Text)
    search_grams: str | None = Field(default=None, sa_type=TSVECTOR, sa_column_args=(Computed("search_grams(search_text)", persisted=True),))
    last_contact_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    last_contact_kind: str | None = Field(default=None, sa_type=Text)
    next_step: str | None = Field(default=None, sa_type=Text)
    next_step_on: date | None = None
    cadence_effective: int | None = None
    due_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    primary_email: str = Field(default="", sa_type=Text)
    primary_phone: str = Field(default="", sa_type=Text)


class ContactPoint(Keyed, Owned, table=True):
    """An e-mail address, phone number, website or profile; ``value_norm`` is what matching compares."""

    __tablename__ = "contact_point"
    __table_args__ = (
        audience_known("contact_point"),
        one_of("kind", PointKind, "contact_point"),
        Index("contact_point_by_contact", "contact_id", "position"),
        Index("contact_point_by_value", "kind", "value_norm"),
        Index("contact_point_by_end", text('"right"(value_norm, 7)'), postgresql_where=text("kind = 'phone'")),
    )

    contact_id: UUID = Field(foreign_key="contact.id", ondelete="CASCADE")
    kind: str = Field(sa_type=Text)
    label: str = Field(default="", max_length=60, sa_type=Text)
    value: str = Field(max_length=500, sa_type=Text)
    value_norm: str = Field(default="", sa_type=Text)
    is_primary: bool = False
    position: int = 0


class ContactSensitive(Owned, table=True):
    """Health goals, emergency contact and private notes: apart from the contact, for its owner unless shared."""

    __tablename__ = "contact_sensitive"
    __table_args__ = (audience_known("contact_sensitive"),)

    contact_id: UUID = Field(primary_key=True, foreign_key="contact.id", ondelete="CASCADE")
    health_goals: str = Field(default="", max_length=20_000, sa_type=Text)
    emergency_contact: str = Field(default="", max_length=1_000, sa_type=Text)
    private_notes: str = Field(default="", max_length=20_000, sa_type=Text)


class ContactTag(Owned, table=True):
    """A team tag on a contact."""

    __tablename__ = "contact_tag"
    __table_args__ = (audience_known("contact_tag"), Index("contact_tag_by_tag", "tag_id", "contact_id", postgresql_include=_SEEN))

    contact_id: UUID = Field(primary_key=True, foreign_key="contact.id", ondelete="CASCADE")
    tag_id: UUID = Field(primary_key=True, foreign_key="tag.id", ondelete="CASCADE")


class SavedDraft(SQLModel, table=True):
    """What someone was typing, kept until it is saved: ``key`` names the place (``note:<contact id>``)."""

    __tablename__ = "saved_draft"

    user_id: UUID = Field(primary_key=True, foreign_key="user_account.id", ondelete="CASCADE")
    key: str = Field(primary_key=True, max_length=120, sa_type=Text)
    body: str = Field(default="", max_length=20_000, sa_type=Text)
