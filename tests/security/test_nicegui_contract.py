"""WS-10: every private name that the guard leans on. An upgrade that moves one fails here, by name, before it fails anyone."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import httpx
import nicegui
import pytest
from nicegui import Client, app, client, core, helpers, ui
from nicegui.element import Element
from nicegui.helpers import functions
from nicegui.observables import ObservableCollection
from nicegui.page import page
from socketio.packet import Packet

from crm_app.web import nicegui_pace
from tests.web.edge import HTML, Edge

PACKAGE = Path(nicegui.__file__).parent


def test_this_is_the_version_that_was_examined() -> None:
    assert nicegui.__version__ == "3.18.0", "read the changes of NiceGUI, then the guard, then raise this number"


def test_socket_handlers_are_kept_by_name_and_take_a_socket_and_a_message() -> None:
    handlers = core.sio.handlers["/"]
    assert {"connect", "disconnect", "handshake", "event", "javascript_response", "ack", "log"} == set(handlers)
    source = (PACKAGE / "nicegui.py").read_text()
    for name in ("event", "javascript_response", "ack", "log"):
        assert re.search(rf"@sio\.on\('{name}'\)\ndef _on_{name}\(\w+: str, msg: dict\)", source), name
    assert "async def _on_connect(sid: str, data: dict[str, Any], _=None)" in source
    assert "async def _on_handshake(sid: str, data: dict[str, Any]) -> bool" in source


def test_a_page_knows_its_sockets_and_its_request() -> None:
    source = inspect.getsource(Client)
    for name in ("_socket_to_document_id: dict[str, str]", "self._request = request", "self.instances[self.id] = self", "self.elements: dict[int, Element]",
                 "_delete_tasks: dict[str, asyncio.Task]"):  # fmt: skip
        assert name in source, name
    assert "self._socket_to_document_id[socket_id] = document_id" in inspect.getsource(Client.handle_handshake)
    assert list(inspect.signature(Client.open).parameters) == ["self", "target", "new_tab"]
    assert list(inspect.signature(Client.remove_elements).parameters) == ["self", "elements"]


def test_an_element_keeps_its_listeners_and_observables_where_we_cut() -> None:
    source = inspect.getsource(Element.__init__)
    for name in ("self._classes", "self._style", "self._props", "self._event_listeners: dict[str, EventListener]", "self.slots: dict[str, Slot]"):
        assert name in source, name
    assert "self._change_handlers" in inspect.getsource(ObservableCollection.__init__)


def test_expects_arguments_is_looked_up_where_we_put_ours() -> None:
    assert "helpers.expects_arguments(" in inspect.getsource(ObservableCollection)
    assert list(inspect.signature(functions.expects_arguments).parameters) in (["func"], ["function"])
    assert helpers.expects_arguments is functions.expects_arguments


def test_the_browser_speaks_the_frames_that_we_let_through() -> None:
    script = (PACKAGE / "static" / "nicegui.js").read_text()
    assert set(re.findall(r'socket\.emit\("(\w+)"', script)) | set(re.findall(r'socket\?\.emit\("(\w+)"', script)) <= {"event", "ack", "log", "javascript_response", "handshake"}
    assert 'err.message == "Implicit handshake failed"' in script, "how a page learns that it must load again"
    for key in ("client_id", "next_message_id", "document_id", "tab_id"):
        assert f"options.query.{key}" in script, key


def test_pages_are_marked_and_every_script_can_be_found() -> None:
    assert "'X-NiceGUI-Content': 'page'" in inspect.getsource(Client.build_response)
    template = (PACKAGE / "templates" / "index.html").read_text()
    assert set(re.findall(r"<script[^\s>]", template)) == set()
    assert "HTML_ESCAPE_TABLE" in inspect.getsource(Client.build_response), "text of users cannot hold a script tag"


def test_the_elements_of_a_page_are_escaped_by_translate_and_ours_says_the_same() -> None:
    source = inspect.getsource(Client.build_response)
    assert "elements = json.dumps(" in source and "elements.translate(HTML_ESCAPE_TABLE)" in source
    names = set(re.findall(r"\bjson\.(\w+)", inspect.getsource(client)))
    assert names <= {"dumps", "loads"}, f"our stand-in lacks {names}"
    nasty = "".join(chr(code) for code in range(0x20, 0x250)) + "</script><!-- &amp;lt; ${x} `佐藤` 😀 &#36;"
    assert nicegui_pace._Page(nasty).translate(client.HTML_ESCAPE_TABLE) == nasty.translate(client.HTML_ESCAPE_TABLE)


def test_updates_are_sent_without_a_search_for_bytes_and_downloads_with_it() -> None:
    emitting = (PACKAGE / "outbox.py").read_text()
    assert "core.sio.emit(message_type, data, room=client_id)" in emitting and "(client.id, 'update', data)" in emitting
    for data, name in (({"1": {"props": {"rows": [{"a": "b"}] * 3}}}, "update"), ({"src": "/x"}, "download"), ({"src": b"x"}, "download")):
        ours, theirs = nicegui_pace._Packet(data=[name, data]), Packet(data=[name, data])
        assert ours.packet_type == theirs.packet_type and ours.encode() == theirs.encode()


def test_transports_can_be_chosen() -> None:
    assert hasattr(app.config, "socket_io_js_transports") and hasattr(core.sio.eio, "transports") and hasattr(core.sio, "_handle_connect")


def test_run_with_takes_what_we_give_it() -> None:
    assert {"gzip_middleware_factory", "binding_refresh_interval", "reconnect_timeout", "dark", "language", "show_welcome_message"} <= set(inspect.signature(ui.run_with).parameters)
    assert {"path"} <= set(inspect.signature(page).parameters)


def test_a_closed_page_leaves_next_to_nothing_for_the_collector(edge: Edge) -> None:
    edge.control("garbage")
    left = edge.control("garbage")
    assert left["elements"] >= 177 and left["unreachable"] < 100, left


def test_the_collector_is_tuned(edge: Edge) -> None:
    state = edge.state()
    assert state["threshold"] == [5_000, 10, 1_000] and state["frozen"] > 10_000
    edge.control("garbage")
    metrics = httpx.get(f"{edge.base}/metrics", headers={"host": edge.host}).text
    pauses = dict(line.rsplit(" ", 1) for line in metrics.splitlines() if line.startswith("crm_gc_"))
    assert float(pauses['crm_gc_pause_seconds_count{generation="2"}']) >= 2
    assert float(pauses["crm_gc_longest_pause_seconds"]) > 0


@pytest.mark.parametrize("name", ["websocket"])
def test_pages_are_told_to_use_the_websocket_alone(edge: Edge, name: str) -> None:
    with edge.signed_in() as client:
        text = client.get("/", headers=HTML).text
    assert re.search(r"transports: \[['\"]websocket['\"]\]", text), text[-2_000:]
