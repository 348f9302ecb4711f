"""The list of people: search, filter, sort, page through, select, change many at once."""

from crm_app.pages.contacts.page import contacts_page

__all__ = ["contacts_page"]
