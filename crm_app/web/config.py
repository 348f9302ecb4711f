"""What the web edge must know about where it stands. Made once by ``main`` from the settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})

# The only paths that a visitor without a session may reach; a trailing slash means everything below.
PUBLIC_PATHS = ("/signin", "/setup", "/join/", "/reset/", "/feeds/", "/unsubscribe/", "/healthz", "/readyz", "/metrics", "/robots.txt", "/favicon.ico", "/static/")


@dataclass(frozen=True)
class EdgeConfig:
    """Where we are reached and what may come in.

    ``public_url`` is the one base of every link and the one origin that is ours (``https://crm.example.org``, or
    ``http://localhost:8080`` on a single machine). ``extra_hosts`` are further host names that may be asked for.
    """

    public_url: str
    secret_key: str
    metrics_token: str | None = None
    extra_hosts: frozenset[str] = frozenset()
    extra_origins: frozenset[str] = frozenset()
    max_body: int = 1_000_000
    max_form: int = 16_000
    max_upload: int = 100_000_000
    version: str = "0.1.0"
    static_version: str = field(default="1")

    @property
    def secure(self) -> bool:
        """True when browsers reach us by https."""
        return urlsplit(self.public_url).scheme == "https"

    @property
    def cookie_name(self) -> str:
        """``__Host-`` makes browsers insist on https, no domain and the root path; plain http cannot carry it."""
        return "__Host-mindfulcrm" if self.secure else "mindfulcrm"

    @property
    def local(self) -> bool:
        """True when we serve this machine alone."""
        return bare_host(urlsplit(self.public_url).netloc) in LOOPBACK_NAMES

    @property
    def hosts(self) -> frozenset[str]:
        """Host names that may stand in ``Host``, lower case, without a port."""
        own = {bare_host(urlsplit(self.public_url).netloc), *self.extra_hosts}
        return frozenset(own | LOOPBACK_NAMES if self.local else own)

    @property
    def origins(self) -> frozenset[str]:
        """Origins that are ours, exactly as browsers send them."""
        parts = urlsplit(self.public_url)
        own = {f"{parts.scheme}://{parts.netloc.lower()}", *self.extra_origins}
        if self.local:
            port = f":{parts.port}" if parts.port else ""
            own |= {f"{parts.scheme}://{name}{port}" for name in LOOPBACK_NAMES}
        return frozenset(own)


def bare_host(netloc: str) -> str:
    """A host without its port, lower case: ``[::1]:8080`` becomes ``[::1]``."""
    host = netloc.rsplit("@", 1)[-1].lower()
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0]


def is_public(path: str) -> bool:
    """Whether a visitor without a session may ask for ``path``. NiceGUI's versioned files hold no data of anyone's."""
    if path.startswith("/_nicegui/"):
        return path[len("/_nicegui/") :][:1].isdigit()
    return any(path.startswith(known) if known.endswith("/") else path == known for known in PUBLIC_PATHS)
