"""The dialog of a task, which the list, the board and the record open."""

from crm_app.pages.task_dialog.opening import edit_task, new_task

__all__ = ["edit_task", "new_task"]
