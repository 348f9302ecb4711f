"""Mail through an SMTP server: ``SmtpSender``, and ``FakeSender`` for tests and the demo."""

from crm_app.providers.smtp.fake import FakeSender
from crm_app.providers.smtp.sender import SmtpAccount, SmtpSender

__all__ = ["FakeSender", "SmtpAccount", "SmtpSender"]
