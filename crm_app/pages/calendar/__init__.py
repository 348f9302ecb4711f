"""The calendar."""

from crm_app.pages.calendar.page import calendar_page

__all__ = ["calendar_page"]
