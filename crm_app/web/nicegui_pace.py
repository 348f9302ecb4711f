"""What NiceGUI (3.18) does slowly or gives back late, mended by its private names: a page costs half as much, and a closed one is gone at once.

``tests/security/test_nicegui_contract.py`` names each of them and fails when an upgrade moves one.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any

import nicegui.client as nicegui_client
from nicegui import core, helpers, json
from nicegui.helpers import functions as nicegui_functions
from socketio.packet import Packet

from crm_app.web import nicegui_elements
from crm_app.web.metrics import COLLECTIONS, LONGEST_PAUSE, PAUSES

GC_THRESHOLDS = (5_000, 10, 1_000)

_stock_expects = nicegui_functions.expects_arguments
_expects: dict[object, bool] = {}


def install() -> None:
    """Put ours in the place of NiceGUI's; doing it twice is doing it once."""
    nicegui_functions.expects_arguments = helpers.expects_arguments = _expects_arguments  # type: ignore[assignment]
    nicegui_client.json = _PageJson  # type: ignore[assignment]
    core.sio.packet_class = _Packet
    nicegui_elements.install()


# --- speed -----------------------------------------------------------------------------------------------------------


def _expects_arguments(function: Callable[..., Any]) -> bool:
    """NiceGUI asks ``inspect.signature`` for three bound methods of every element, a third of a page's cost; they never differ."""
    key = getattr(function, "__func__", None)
    if key is None:
        return bool(_stock_expects(function))
    if key not in _expects:
        _expects[key] = bool(_stock_expects(function))
    return _expects[key]


class _Page(str):
    """A page's elements as JSON. NiceGUI escapes them with ``translate``, which looks at every character: 11 ms for a list of fifty people, here 0.1."""

    __slots__ = ()

    def translate(self, table: Any, /) -> str:
        """The same text as ``str.translate`` gives for a table in which no escape holds a character that comes later."""
        escaped = str(self)
        for code, escape in table.items():
            escaped = escaped.replace(chr(code), escape)
        return escaped


class _PageJson:
    """``nicegui.json`` as ``nicegui.client`` uses it."""

    loads = staticmethod(json.loads)

    @staticmethod
    def dumps(value: Any, *args: Any, **kwargs: Any) -> str:
        """JSON that can be escaped quickly."""
        return _Page(json.dumps(value, *args, **kwargs))


class _Packet(Packet):
    """Socket.IO looks through all that it sends for bytes. A page's update is JSON by nature; only other messages, such as a download, may hold some."""

    @classmethod
    def data_is_binary(cls, data: Any) -> bool:
        """Whether there are bytes in it."""
        return not (isinstance(data, list) and data[:1] == ["update"]) and bool(super().data_is_binary(data))


# --- memory ----------------------------------------------------------------------------------------------------------


def tune_collector() -> None:
    """Once everything is loaded: what is there now stays, and full collections wait for a quiet moment."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    if _time_pause not in gc.callbacks:
        gc.callbacks.append(_time_pause)


def collect() -> None:
    """One full collection, timed."""
    with COLLECTIONS.time():
        gc.collect()


class _Pause:
    began = 0.0
    longest = 0.0


def _time_pause(phase: str, info: dict[str, int]) -> None:
    """Everyone waits while the collector runs, so each of its pauses is counted, and the longest one kept."""
    if phase == "start":
        _Pause.began = time.perf_counter()
        return
    pause = time.perf_counter() - _Pause.began
    PAUSES.labels(str(info["generation"])).observe(pause)
    if pause > _Pause.longest:
        _Pause.longest = pause
        LONGEST_PAUSE.set(pause)
