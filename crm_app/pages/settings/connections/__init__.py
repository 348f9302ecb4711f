"""Settings → Connections: what one has connected and how it stands, how to connect more, and one connection with all of it."""

from crm_app.pages.settings.connections.listing import connections_part
from crm_app.pages.settings.connections.one import ConnectionPart, connection_part

__all__ = ["ConnectionPart", "connection_part", "connections_part"]
