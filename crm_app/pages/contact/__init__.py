"""The record of one person: who they are, what happened, what is next."""

from crm_app.pages.contact.page import contact_page

__all__ = ["contact_page"]
