"""Nothing of ours connects beside the gate, and no test touches the internet: watched at every connect while tests run."""

from __future__ import annotations

import ipaddress
import socket
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from crm_app.infrastructure import outbound

APP = str(Path(outbound.__file__).parents[1])
DATABASE = str(Path("infrastructure", "backup", "tls_bridge.py"))


class NotThroughTheGate(RuntimeError):
    """Raised at the call that would have connected."""


def watch() -> None:
    """Look at every connection that this process makes from now on; it cannot be undone."""
    sys.addaudithook(_judge)


def _judge(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "socket.connect" or outbound.connecting.get():
        return
    opened, address = arguments
    if opened.family == socket.AF_UNIX:
        return
    if not _is_here(str(address[0])):
        raise NotThroughTheGate(f"a test went out to {address[0]}")
    ours = _our_file(sys._getframe(1))
    if ours and not ours.endswith(DATABASE):
        raise NotThroughTheGate(f"{ours} connects by itself")


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _our_file(frame: FrameType | None) -> str:
    """The file of ours that is nearest to the call, or ``""``."""
    while frame is not None:
        if frame.f_code.co_filename.startswith(APP):
            return frame.f_code.co_filename
        frame = frame.f_back
    return ""
