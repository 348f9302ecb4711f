"""The whole product as ``mindfulcrm run`` starts it, with a window that tests look in through. Run as a process of its own.

``house_server.py WINDOW_PORT``: everything else comes from the environment, as for any host.
"""

from __future__ import annotations

import ctypes
import gc
import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import Any

from nicegui import Client
from starlette.routing import BaseRoute, Mount, Route

from crm_app import main
from crm_app.infrastructure.logs import configure_logs
from crm_app.settings import load_settings

left_the_machine: list[str] = []
opened_files: list[str] = []
house: list[main.House] = []


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    """Note every connection that does not stay on this machine."""
    if event == "socket.connect" and not _is_here(arguments[1]):
        left_the_machine.append(repr(arguments[1]))
    elif event == "open" and isinstance(arguments[1], str) and arguments[1][:1] in "wax":
        opened_files.append(str(arguments[0]))


def _is_here(address: Any) -> bool:
    if not isinstance(address, tuple):
        return True  # a socket of the file system
    try:
        return ip_address(address[0]).is_loopback
    except ValueError:
        return address[0] == "localhost"


def routes(found: list[BaseRoute], prefix: str = "") -> Iterator[dict[str, Any]]:
    """Every route, those of mounted applications included."""
    for route in found:
        path = prefix + getattr(route, "path", "")
        included = getattr(route, "original_router", None)  # how FastAPI keeps a router that was included
        if included is not None:
            yield from routes(included.routes, prefix + route.include_context.prefix)
        elif isinstance(route, Mount):
            inner = list(route.routes or getattr(route.app, "routes", None) or ())
            yield from routes(inner, path)
            if not inner:
                yield {"path": f"{path}/", "methods": ["GET"], "kind": type(route.app).__name__}
        elif isinstance(route, Route):
            yield {"path": path, "methods": sorted(route.methods or ()), "kind": "Route"}
        else:
            yield {"path": path, "methods": [], "kind": type(route).__name__}


class Pages(dict[str, Client]):
    """Every page that is kept, and how many were ever made."""

    made = 0

    def __setitem__(self, key: str, page: Client) -> None:
        self.made += 1
        super().__setitem__(key, page)


pages = Client.instances = Pages(Client.instances)


def state() -> dict[str, Any]:
    """What only the process itself knows."""
    return {"pages_made": pages.made, "left_the_machine": left_the_machine, "opened_files": opened_files, "threads": threading.active_count()}


class Window(BaseHTTPRequestHandler):
    """``/state`` and ``/routes`` as JSON."""

    def do_GET(self) -> None:
        if self.path == "/collect":
            gc.collect()
            ctypes.CDLL(None).malloc_trim(0)  # what is free again, back to the machine: the rest is what is held
        answer = list(routes(house[0].app.routes)) if self.path == "/routes" else state()
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: the log belongs to the product."""


def remembered(*arguments: Any, **named: Any) -> main.House:
    """``build_house`` that keeps what it built."""
    house.append(_build(*arguments, **named))
    return house[0]


if __name__ == "__main__":
    sys.addaudithook(watch)
    _build, main.build_house = main.build_house, remembered
    window = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Window)
    threading.Thread(target=window.serve_forever, daemon=True).start()
    settings = load_settings()
    configure_logs(settings.log_level)
    main.serve(settings, open_browser=False)
