"""One open tab of one person: what they see, and what they do to it.

``sees`` waits a moment, since another person's change takes one; everything else is asked once the page has come to rest.
A thing is named by what a person calls it. When two are called the same, say beside which words it stands.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from nicegui import Client, ui
from nicegui.element import Element
from nicegui.helpers import event_type_to_camel_case

from crm_app.components.drawn_menu import DrawnMenu
from crm_app.components.keys import Keys
from crm_app.components.table import TableElement
from crm_app.components.task_parts import TaskList
from crm_app.components.time_grid import TimeGrid
from tests.tabs import reading
from tests.tabs.drawn import Part
from tests.tabs.house import AGENT
from tests.tabs.sight import Sight, is_enabled
from tests.tabs.wire import Wire

_ADDRESS = re.compile(r"history\.(?:push|replace)State\(\{\}, \"\", (\".*?\")\)")
_MOVED = re.compile(r"const fullPath = .*? \+ (\".*?\");", re.DOTALL)
_METHOD = re.compile(r"runMethod\((\d+), \"(\w+)\"")


class Tab(Sight):
    """Made by the ``visit`` fixture. ``path`` is the address, ``html`` what the server first sent, ``downloads`` the files that it gave,
    ``left`` the addresses elsewhere (mail, phone, other sites) that were followed."""

    # --- going places ---------------------------------------------------------------------------------------------

    def open(self, path: str) -> Tab:
        """Type an address."""
        self._do(self._load("GET", path))
        return self

    def reload(self) -> Tab:
        """Press reload."""
        return self.open(self.path)

    def waits(self, seconds: float) -> Tab:
        """Do nothing for a while."""
        time.sleep(seconds)
        self.house.loop.do(self._settle())
        return self

    def close(self) -> None:
        """Close the tab."""
        self._do(self._hang_up())

    async def _load(self, method: str, path: str) -> None:
        await self._hang_up()
        self._unfolded = None
        async with self.house.http(self.browser) as http:
            answer = await http.request(method, path, follow_redirects=True)
        self.path = answer.url.raw_path.decode()
        self.html = answer.text
        found = re.search(r"'client_id': '([0-9a-f-]+)'", answer.text)
        self._client_id, self.plain = (found[1], "") if found else ("", answer.text)
        if found and not await self._connect(answer.text):
            raise AssertionError(f"the page's socket was refused: {self._wire.refusal if self._wire else ''}")

    async def _connect(self, html: str) -> bool:
        next_message = re.search(r"'next_message_id': '?(\d+)", html)
        query = {
            "client_id": self._client_id, "tab_id": str(uuid4()), "document_id": str(uuid4()), "implicit_handshake": "true",
            "next_message_id": next_message[1] if next_message else "0",
        }  # fmt: skip
        headers = {"cookie": self.browser.cookie, "user-agent": AGENT}
        self._wire = Wire(self.house.house.app, self.house.origin, headers, query, self._heard)
        self.house.wires.append(self._wire)
        return await self._wire.connect()

    async def _hang_up(self) -> None:
        wire, self._wire = self._wire, None
        if wire is not None:
            await wire.close()

    def _heard(self, name: str, message: dict[str, Any]) -> None:
        if name == "open":
            self._going = asyncio.create_task(self._load("GET", message["path"]))
        elif name == "download":
            self.downloads.append((message.get("filename") or "", message["src"]))
        elif name == "run_javascript":
            self._ran(message["code"])

    def _ran(self, code: str) -> None:
        if moved := _ADDRESS.search(code) or _MOVED.search(code):
            self.path = json.loads(moved[1])
        elif code == "history.go(0)":
            self._going = asyncio.create_task(self._load("GET", self.path))
        elif (method := _METHOD.search(code)) and method[2] == "focus":
            self.focused.append(int(method[1]))

    # --- doing ----------------------------------------------------------------------------------------------------

    def press(self, name: str, beside: str = "") -> Tab:
        """Press a button, follow a link, choose from a menu, tick a check. What opens a menu opens it."""
        element = self._one(name, reading.PRESSED, beside)
        assert is_enabled(element), f"{name!r} is disabled"
        self._do(self._press_drawn(element) if isinstance(element, Part) else self._press(element))
        return self

    def press_twice(self, name: str) -> Tab:
        """Both halves of a double press, before the first is answered."""
        element = self._field(name, reading.PRESSED)

        async def both() -> None:
            await self._press(element)
            await self._press(element)

        self._do(both())
        return self

    def fill(self, field: str, text: str, beside: str = "") -> Tab:
        """Replace what stands in a field."""
        element = self._field(field, beside=beside)
        assert reading.is_enabled(element), f"{field!r} is disabled"
        self._tell(element, f"update:{element.VALUE_PROP}", text)  # type: ignore[attr-defined]
        return self

    def choose(self, field: str, *options: str, beside: str = "") -> Tab:
        """Choose from a list by the words shown; several where several may be chosen. A word that is not listed is typed."""
        element = self._field(field, ("combobox",), beside)
        assert isinstance(element, ui.select)
        labels = [str(label) for label in (element.options.values() if isinstance(element.options, dict) else element.options)]
        assert element.props.get("new-value-mode") or set(options) <= set(labels), f"{options} is not among {labels}"
        chosen = [{"value": labels.index(option), "label": option} if option in labels else option for option in options]
        self._tell(element, "update:model-value", chosen if element.multiple else chosen[0] if chosen else None)
        return self

    def enter(self, field: str, text: str | None = None, beside: str = "") -> Tab:
        """Type into a field, if there is something to type, and press Enter. A field whose script takes the line is emptied by it."""
        if text is not None:
            self.fill(field, text, beside)
        element = self._field(field, beside=beside)
        taken = [one for one in element._event_listeners.values() if one.type == "keydown.enter" and "emit(line)" in (one.js_handler or "")]
        if taken:
            said = [(element, listener_id, "") for listener_id in _listeners(element, "update:value")]
            self._do(self._say([*said, (element, taken[0].id, str(element.value or ""))]))  # type: ignore[attr-defined]
        else:
            self._tell_up(element, "keydown.enter")
        return self

    def ctrl_enter(self, field: str) -> Tab:
        """Press Ctrl Enter in a field: saves what is being written."""
        self._tell_up(self._field(field), "keydown", lambda script: "ctrlKey" in script)
        return self

    def shortcut(self, keys: str) -> Tab:
        """Press a key that works on the whole page, as ``bind_keys`` names it."""
        found = self._look(lambda client: [element for element in client.elements.values() if isinstance(element, Keys) and keys in element.bindings])
        assert found, f"no key {keys!r} on this page"
        self._tell(found[-1], "press", keys)
        return self

    def sort(self, heading: str) -> Tab:
        """Press a heading of the table."""
        table = self._table()
        self._tell(table, "sort", next(column["name"] for column in table.columns if column["label"] == heading))
        return self

    def open_row(self, words: str) -> Tab:
        """Press a row of the table."""
        table = self._table()
        self._tell(table, "open", _row(table, words)["id"])
        return self

    def select_rows(self, *names: str, on: bool = True) -> Tab:
        """Tick rows of the table, or untick them."""
        table = self._table()
        keys = {str(_row(table, words)["id"]) for words in names}
        self._tell(table, "choose", sorted(set(table.chosen) | keys if on else set(table.chosen) - keys))
        return self

    def drop(self, label: str, file_name: str, content: bytes) -> Tab:
        """Choose a file. Its bytes go to the server in a request of their own, as the page's script sends them."""
        self._do(self._upload(self._field(label, ("file",)), file_name, content))
        return self

    def drag(self, key: str, to: str) -> Tab:
        """Say what the browser says when a row of a list was let go over a part of it. ``to`` need not be one that takes it."""
        lists = self._look(lambda client: [element for element in client.elements.values() if isinstance(element, TaskList)])
        lists.sort(key=lambda listed: key not in [str(task.id) for task in listed.tasks])  # the one that it stands in
        for listed in lists[:1]:
            self._tell(listed, "move", {"id": key, "to": to})
        return self

    def put(self, key: str, beside: str, *, after: bool = True) -> Tab:
        """Say what the browser says when a row of a list was let go before or after another one of it."""
        lists = self._look(lambda client: [element for element in client.elements.values() if isinstance(element, TaskList)])
        lists.sort(key=lambda listed: key not in [str(task.id) for task in listed.tasks])
        for listed in lists[:1]:
            self._tell(listed, "place", {"id": key, "beside": beside, "after": after})
        return self

    def on_hours(self, event: str, **said: Any) -> Tab:
        """Say what the browser says when a stretch of the calendar's hours is chosen (``begin``), or an event is moved or lengthened there."""
        grid = self._look(lambda client: next(element for element in client.elements.values() if isinstance(element, TimeGrid)))
        self._tell(grid, event, said)
        return self

    def asks(self, words: str) -> dict[str, list[str]]:
        """Type into the palette, which is open; the titles of what it shows then, under their headings."""
        found = self._palette()
        self._tell(found, "ask", words)
        until = time.monotonic() + 20
        while self._look(lambda client: (found.props["answered"], found.props["looking"])) != (words, False):
            assert time.monotonic() < until, f"the palette has not answered {words}"
            time.sleep(0.02)
        return {group["title"]: [item["title"] for item in group["items"]] for group in found.props["groups"]}

    def takes(self, title: str) -> Tab:
        """Press a line of the palette, which shows it; where it leads, one is."""
        lines = [item for group in self._palette().props["groups"] for item in group["items"] if item["title"] == title]
        assert len(lines) == 1, f"{len(lines)} lines say {title}"
        self._tell(self._palette(), "choose", lines[0]["key"])
        href = str(lines[0].get("href") or "")
        if href.startswith("/"):
            self._send(0, "sub_pages_navigate", href)
        elif href:
            self.left.append(href)
        return self

    def escape(self) -> Tab:
        """Press Escape in a dialog."""
        dialog = self._look(lambda client: next(root for root in self._roots(client) if isinstance(root, ui.dialog)))
        self._tell(dialog, "update:model-value", False)
        self._tell(dialog, "hide", None)
        return self

    # --- how that is done -----------------------------------------------------------------------------------------

    def _palette(self) -> Element:
        return self._look(lambda client: next(element for element in client.elements.values() if element.component and element.component.name == "palette"))

    async def _press_drawn(self, thing: Part) -> None:
        was, self._unfolded = self._unfolded, None
        if thing.menu:
            menu = (thing.element.id, thing.menu)
            self._unfolded = None if was == menu else menu
        elif thing.post:
            await self._load("POST", thing.post)
        elif thing.href:
            self._send(0, "sub_pages_navigate", thing.href)
        else:
            self._send(thing.element.id, thing.event, thing.said)

    async def _press(self, element: Element) -> None:
        was, self._unfolded = self._unfolded, None
        for menu in [child for child in element.default_slot.children if isinstance(child, DrawnMenu)]:
            self._unfolded = None if was == (menu.id, "") else (menu.id, "")
        href = str(element.props.get("href") or "")
        form = next((outer for outer in element.ancestors() if outer.tag == "form"), None)
        if form is not None and element.props.get("type") == "submit":
            await self._load("POST", str(form.props["action"]))
            return
        if href and not href.startswith("/"):
            self.left.append(href)
        elif href and ("download" in element.props or element.props.get("target") == "_blank"):
            await self._download(href)
        elif href:
            self._send(0, "sub_pages_navigate", href)
        if isinstance(element, (ui.switch, ui.checkbox, ui.expansion)):
            self._send(element.id, "update:model-value", not element.value)
        for menu in [child for child in element.default_slot.children if isinstance(child, ui.menu) and child.props.get("no-parent-event") is not True]:
            if not menu.value:
                self._send(menu.id, "before-show", {})
            self._send(menu.id, "update:model-value", not menu.value)
        for outer in (element, *element.ancestors()):
            stops = [listener for listener in outer._event_listeners.values() if listener.type.split(".")[0] == "click"]
            for listener in stops:
                self._say_one(outer, listener.id, {})
            if any(listener.type == "click.stop" for listener in stops):
                break

    async def _download(self, href: str) -> None:
        async with self.house.http(self.browser) as http:
            answer = await http.get(href)
        assert answer.status_code == 200, answer.text
        named = re.search(r'filename="([^"]+)"', answer.headers.get("content-disposition", ""))
        self.downloads.append((named[1] if named else "", answer.content))

    async def _upload(self, element: Element, file_name: str, content: bytes) -> None:
        headers = {"x-file-name": file_name, "content-type": "application/octet-stream"}
        listener = next(listener for listener in element._event_listeners.values() if listener.type == "change")
        purpose = re.search(r"/uploads/(\w+)", listener.js_handler or "")
        assert purpose is not None
        async with self.house.http(self.browser) as http:
            answer = await http.post(f"/uploads/{purpose[1]}", content=content, headers=headers)
        self._say_one(element, listener.id, {"status": answer.status_code, "body": answer.text})

    def _tell(self, element: Element, event: str, value: Any) -> None:
        self._do(self._say([(element, listener_id, value) for listener_id in _listeners(element, event)]))

    def _tell_up(self, element: Element, event: str, fits: Callable[[str], bool] = lambda script: True) -> None:
        for outer in (element, *element.ancestors()):
            heard = [one for one in outer._event_listeners.values() if one.type in (event, f"{event}.prevent") and fits(one.js_handler or "")]
            if heard:
                self._do(self._say([(outer, listener.id, {}) for listener in heard]))
                return
        raise AssertionError(f"nothing hears {event}")

    async def _say(self, messages: list[tuple[Element, str, Any]]) -> None:
        for element, listener_id, value in messages:
            self._say_one(element, listener_id, value)

    def _send(self, element_id: int, event: str, value: Any) -> None:
        element = Client.instances[self._client_id].elements[element_id]
        for listener_id in _listeners(element, event):
            self._say_one(element, listener_id, value)

    def _say_one(self, element: Element, listener_id: str, value: Any) -> None:
        assert self._wire is not None, "this tab shows no live page"
        self._wire.say("event", {"id": element.id, "client_id": self._client_id, "listener_id": listener_id, "args": [json.dumps(value)]})


def _listeners(element: Element, event: str) -> list[str]:
    wanted = event_type_to_camel_case(event)
    return [listener.id for listener in element._event_listeners.values() if listener.type == wanted]


def _row(table: TableElement, words: str) -> dict[str, Any]:
    found = [row for row in table.rows if words in [str(value) for value in row.values()]]
    assert len(found) == 1, f"{len(found)} rows say {words!r}: {[row.get('title') for row in table.rows]}"
    return found[0]
