"""Settings: oneself, how it looks, how one signs in, the team's tags, and one's data."""

from crm_app.pages.settings.page import connection_page, settings_page, settings_ways

__all__ = ["connection_page", "settings_page", "settings_ways"]
