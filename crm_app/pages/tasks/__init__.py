"""The tasks: a list by day, a board by status, and a page for each project."""

from crm_app.pages.tasks.archive import archive_page
from crm_app.pages.tasks.figures import figures_page
from crm_app.pages.tasks.page import project_page, tasks_page

__all__ = ["archive_page", "figures_page", "project_page", "tasks_page"]
