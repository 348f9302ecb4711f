"""Addresses of this deployment as others reach it. The composition root says once where that is; no request is asked."""

from __future__ import annotations


class _Binding:
    public_url: str | None = None


def bind_public_url(url: str) -> None:
    """``https://crm.example.org`` or ``http://localhost:8080``, without a slash at its end."""
    _Binding.public_url = url.rstrip("/")


def absolute(path: str) -> str:
    """The whole address of ``path``, which begins with a slash: for calendars, mails, and whatever leaves this server."""
    if _Binding.public_url is None:
        raise RuntimeError("bind_public_url() has not been called")
    return _Binding.public_url + path
