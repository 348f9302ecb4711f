"""The port that people are served at, taken before anything else starts."""

from __future__ import annotations

import errno
import socket

from crm_app.domain.errors import Unavailable


def take_port(host: str, port: int) -> socket.socket:
    """Bind before anything else starts, so that a taken port is one sentence and not a half-started server."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    taken = socket.socket(family, socket.SOCK_STREAM)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((host, port))
        taken.listen(socket.SOMAXCONN)
    except OSError as error:
        taken.close()
        raise Unavailable(_no_port(host, port, error)) from error
    return taken


def _no_port(host: str, port: int, error: OSError) -> str:
    choose = "choose one with --port or MINDFULCRM_PORT"
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is no address of this machine: check --host or MINDFULCRM_HOST."
    if error.errno == errno.EACCES:
        return f"This account may not use port {port}, as is usual below 1024: {choose}."
    return f"Port {port} on {host} cannot be used ({error.strerror}). Another program may have it: {choose}."
