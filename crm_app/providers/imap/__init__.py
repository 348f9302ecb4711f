"""Mail of an IMAP account (Fastmail, iCloud, Gmail with an app password, a server of one's own): ``ImapSource``, and ``FakeImap`` for tests and the demo."""

from crm_app.providers.imap.account import ImapSource, make_source
from crm_app.providers.imap.fake import FakeImap

__all__ = ["FakeImap", "ImapSource", "make_source"]
