"""Who is mentioned where."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text, text
from sqlmodel import Field

from crm_app.domain.rows import Keyed, Owned, audience_known


class Mention(Keyed, Owned, table=True):
    """A colleague named in an entry or in a task's description. ``label`` is the name as it stands in the text, without the at sign."""

    __tablename__ = "mention"
    __table_args__ = (
        audience_known("mention"),
        CheckConstraint("num_nonnulls(interaction_id, task_id) = 1", name="mention_of_one"),
        Index("mention_by_interaction", "interaction_id", "user_id", unique=True, postgresql_where=text("interaction_id is not null")),
        Index("mention_by_task", "task_id", "user_id", unique=True, postgresql_where=text("task_id is not null")),
    )

    interaction_id: UUID | None = Field(default=None, foreign_key="interaction.id", ondelete="CASCADE")
    task_id: UUID | None = Field(default=None, foreign_key="task.id", ondelete="CASCADE")
    user_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE", index=True)
    label: str = Field(max_length=120, sa_type=Text)
