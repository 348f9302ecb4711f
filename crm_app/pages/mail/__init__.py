"""Mail."""

from crm_app.pages.mail.page import mail_page

__all__ = ["mail_page"]
