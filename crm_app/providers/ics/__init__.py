"""Calendars that are published at an address, in iCalendar form: ``IcsSource``, and ``FakeIcs`` for tests and the demo."""

from crm_app.providers.ics.fake import FakeIcs
from crm_app.providers.ics.feed import IcsSource, make_source

__all__ = ["FakeIcs", "IcsSource", "make_source"]
