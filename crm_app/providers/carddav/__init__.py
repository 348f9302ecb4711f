"""Address books of a CardDAV account (Nextcloud, Radicale, iCloud, Fastmail and the like): ``CardDavSource``, and ``FakeCardDav`` for tests."""

from crm_app.providers.carddav.account import CardDavSource, make_source
from crm_app.providers.carddav.fake import FakeCardDav

__all__ = ["CardDavSource", "FakeCardDav", "make_source"]
