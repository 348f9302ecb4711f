"""The assistant: a conversation over one's own data, with the records that an answer rests on."""

from crm_app.pages.assistant.page import assistant_page

__all__ = ["assistant_page"]
