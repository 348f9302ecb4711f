"""The accounts of the demo, invented and answered within this process: nothing leaves the machine.

They are asked for at ``HOST``, ``MAIL_HOST`` and ``DRIVE_HOST``, names that are kept free for examples (RFC 2606) and that no real account can have.
"""

from crm_app.providers.invented.calendars import HOST, InventedCalendars
from crm_app.providers.invented.drive import DRIVE_HOST, InventedDrive
from crm_app.providers.invented.mail import MAIL_HOST, invented_mail
from crm_app.providers.invented.memory import Memory
from crm_app.providers.invented.people import mail_address

__all__ = ["DRIVE_HOST", "HOST", "MAIL_HOST", "InventedCalendars", "InventedDrive", "Memory", "invented_mail", "mail_address"]
