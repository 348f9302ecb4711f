"""Floods a page's socket from a process of its own, and prints the seconds until it was cut: ``flood.py URL ORIGIN COOKIE MESSAGE``."""

from __future__ import annotations

import sys
import time

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

url, origin, cookie, message = sys.argv[1:]
with connect(url, origin=origin, additional_headers={"Cookie": cookie}, compression=None) as ws:
    ws.recv()
    ws.send("40")
    ws.recv()
    began, sent = time.monotonic(), 0
    try:
        while time.monotonic() - began < 10:
            ws.send(message)
            sent += 1
    except ConnectionClosed:
        pass
    print(time.monotonic() - began, sent)
