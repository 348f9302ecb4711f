"""The tasks: a list by day, a board by status, and a page for each project."""

from crm_app.pages.tasks.page import project_page, tasks_page

__all__ = ["project_page", "tasks_page"]
