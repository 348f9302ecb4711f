"""The accounts of the demo, invented and answered within this process: nothing leaves the machine.

They are asked for at ``HOST``, a name that is kept free for examples (RFC 2606) and that no real account can have.
"""

from crm_app.providers.invented.calendars import HOST, InventedCalendars
from crm_app.providers.invented.people import mail_address

__all__ = ["HOST", "InventedCalendars", "mail_address"]
