"""Calendars of a CalDAV account (Nextcloud, Radicale, iCloud, Fastmail and the like): ``CalDavSource``, and ``FakeCalDav`` for tests and the demo."""

from crm_app.providers.caldav.account import CalDavSource, make_source
from crm_app.providers.caldav.fake import FakeCalDav

__all__ = ["CalDavSource", "FakeCalDav", "make_source"]
