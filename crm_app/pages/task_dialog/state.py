"""What an open task dialog holds: a new task until it is added, or one that is saved as it is changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from crm_app.components import feedback, live
from crm_app.components.conflicts import ask_which
from crm_app.components.draft import Draft, problems, raw
from crm_app.components.guard import telling
from crm_app.domain.changes import service as changes
from crm_app.domain.errors import Conflict
from crm_app.domain.i18n import _
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskCreate, TaskRow, TaskUpdate
from crm_app.domain.unit_of_work import Outcome

FIELDS = (
    "title", "description", "status", "priority", "due_date", "due_time", "due_zone", "remind_minutes", "assignee_id", "project_id", "tags", "estimate_minutes",
    "actual_minutes", "recurrence", "repeat_from", "audience",
)  # fmt: skip


class TaskState:
    """``values`` are the task's fields and, as ``contacts``, ids and names of whom it is about.

    ``row`` is what stands in the database; ``names`` say what its ids stand for.
    """

    def __init__(self, row: TaskRow | None, **begin: Any) -> None:
        self.row = row
        self.values: dict[str, Any] = {**_blank(), **begin} if row is None else _values(row)
        self.names: Mapping[str, str] = {}
        self.on_saved: Callable[[], Any] = lambda: None
        self.on_theirs: Callable[[Collection[str]], Any] = lambda names: None
        self.on_taken: Callable[[], Any] = lambda: None
        self._turn = asyncio.Lock()

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    @property
    def may_edit(self) -> bool:
        """Whether its reader may change it."""
        return self.row is None or self.row.may_edit

    @property
    def contact_ids(self) -> list[UUID]:
        """Whom it is about."""
        return [key for key, _name in self.values["contacts"]]

    async def put(self, **given: Any) -> bool:
        """Give fields new values. An open task is saved at once, or its writer lets stand what somebody else saved; False when neither could be."""
        self.values.update(given)
        if self.row is None:
            return True
        with telling():  # first of all: the field may be gone once it is its turn, and what was typed in it is saved all the same
            async with self._turn:
                return await self._save(given)
        return False

    async def work(self, service: Callable[..., Any]) -> bool:
        """Start or stop the reader's timer on this task; False when that was refused, which has been said."""
        assert self.row is not None
        with telling():
            async with self._turn:
                self.take((await live.change(service, self.row.id)).value)
                self.on_saved()
                return True
        return False

    def new(self, steps: list[str]) -> TaskCreate | None:
        """The task as it would be added; None when something is missing, which has been said."""
        given = {name: self.values[name] for name in FIELDS if self.values[name] not in (None, "")}
        try:
            return TaskCreate(**given, contact_ids=self.contact_ids, steps=steps)
        except ValidationError as error:
            found = problems(error)
            feedback.toast(_("A task needs a title.") if "title" in found else " ".join(found.values()), kind="bad")
            return None

    async def newest(self) -> TaskRow:
        """The task as it stands now."""
        assert self.row is not None
        return await live.read(tasks.get_task, self.row.id)

    async def who_changed_it(self) -> str:
        """Who made the newest change."""
        assert self.row is not None
        page = await live.read(changes.list_history, "task", self.row.id, None, 1)
        return page.acts[0].actor_name if page.acts and page.acts[0].actor_name else _("Somebody")

    def take(self, row: TaskRow) -> None:
        """What stands now is what is shown."""
        self.row, self.values = row, _values(row)
        self.on_taken()

    async def _save(self, given: Mapping[str, Any]) -> bool:
        assert self.row is not None
        saved = False
        try:
            saved = await self._write(given)
        finally:
            if not saved and self.row is not None:
                self.take(self.row)
        return saved

    async def _write(self, given: Mapping[str, Any]) -> bool:
        assert self.row is not None
        try:
            data = TaskUpdate(version=self.row.version, **_sent(given))
        except ValidationError as error:
            feedback.toast(" ".join(problems(error).values()), kind="bad")
            return False
        try:
            outcome: Outcome[TaskRow] = await live.change(tasks.update_task, self.row.id, data)
        except Conflict:
            return await self._meet(given)
        self.take(outcome.value)
        self.on_saved()
        return True

    async def _meet(self, given: Mapping[str, Any]) -> bool:
        """Somebody saved first: other fields of theirs stand beside ours, and of the same one a person says which it shall be."""
        assert self.row is not None
        before, theirs = self.row, await self.newest()
        same = {name: given[name] for name in given if getattr(theirs, name) != getattr(before, name)}
        if "contacts" in same:
            feedback.toast(_("Somebody else changed whom it is about. Look again."), kind="bad")
        stands = None if "contacts" in same else await self._mine_stands(same, before, theirs) if same else True
        self.row = theirs
        if stands is None:
            return False
        wanted = given if stands else {name: value for name, value in given.items() if name not in same}
        saved = await self._write(wanted) if wanted else True
        if not wanted:
            self.take(theirs)
        if not stands:
            self.on_theirs(same)
        return saved

    async def _mine_stands(self, mine: Mapping[str, Any], before: TaskRow, theirs: TaskRow) -> bool | None:
        draft = Draft(TaskUpdate, before)
        for name, value in mine.items():
            setattr(draft, name, raw(value, draft.info(name)))
        return await ask_which(draft, theirs, self.names)


def _sent(given: Mapping[str, Any]) -> dict[str, Any]:
    return {"contact_ids" if name == "contacts" else name: [key for key, _name in value] if name == "contacts" else value for name, value in given.items()}


def _values(row: TaskRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in FIELDS} | {"contacts": row.contacts, "tags": list(row.tags)}


def _blank() -> dict[str, Any]:
    return {name: TaskCreate.model_fields[name].get_default(call_default_factory=True, validated_data={}) for name in FIELDS if name != "title"} | {
        "title": "", "contacts": ()
    }  # fmt: skip
