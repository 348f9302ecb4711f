"""Importing contacts: upload, map, preview, run, result, undo. The address names the import, so a reload loses nothing."""

from crm_app.pages.contact_import.page import import_page

__all__ = ["import_page"]
