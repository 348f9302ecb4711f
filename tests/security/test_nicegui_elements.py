"""WS-10: what is done with less for each element says and sends the same as NiceGUI's own, and leans on what is named here."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from nicegui import Client, binding, ui
from nicegui.binding import BindableProperty
from nicegui.classes import Classes
from nicegui.element import Element
from nicegui.event_listener import EventListener
from nicegui.observables import ObservableCollection, ObservableDict, ObservableList
from nicegui.outbox import Outbox
from nicegui.props import Props
from nicegui.style import Style
from nicegui.testing.user_simulation import user_simulation

from crm_app.web import nicegui_elements


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ours in the place of NiceGUI's, for the test; what another test installed for good stays."""
    for owner, name in REPLACED:
        monkeypatch.setattr(owner, name, getattr(owner, name))
    nicegui_elements.install()


REPLACED: list[tuple[Any, str]] = [
    (Outbox, "enqueue_update"), (ObservableCollection, "_observe"), (ObservableCollection, "_unobserve"), (Props, "_update"), (Classes, "__call__"),
    (Element, "update"), (BindableProperty, "__set__"), (binding, "_bind_one_way"), (EventListener, "to_dict"), (Client, "remove_elements"),
    (Client, "remove_all_elements"), *((kind, name) for kind in (Classes, Style, Props) for name in ("__init__", "_handle_change")),
]  # fmt: skip


class Told:
    """Stands where an element would, and counts how often it was told to update."""

    def __init__(self) -> None:
        self.times = 0

    def update(self) -> None:
        """Count."""
        self.times += 1




@pytest.fixture
def told() -> Told:
    return Told()


def test_what_is_replaced_still_reads_as_it_was_examined() -> None:
    for function, parts in (
        (nicegui_elements._stock_enqueue, ("self.updates[element.id] = element", "self._set_enqueue_event()")),
        (nicegui_elements._stock_changed, ("self._change_handlers_with_args",)),
        (nicegui_elements._stock_props_update, ("self._warnings.items()", "self._renames.items()", "element.update()")),
        (nicegui_elements._stock_update, ("self._is_safe_to_interact()", "self.client.outbox.enqueue_update(self)")),
        (nicegui_elements._stock_remove, ("binding.remove(", "_handle_delete()", "enqueue_delete(element)", "self.elements.pop(element.id")),
        (Client.build_response, ("self._response_built = True", "self.outbox.updates.clear()", "for id, element in self.elements.items()")),
        (Client.delete, ("self.remove_all_elements()", "self.outbox.stop()")),
    ):  # fmt: skip
        source = inspect.getsource(function)
        for part in parts:
            assert part in source, part
    assert "self._response_built = False" in inspect.getsource(Client.__init__)
    # A page says that it is built before what waits is thrown away and the whole of it is written down: nothing between is lost.
    built = inspect.getsource(Client.build_response)
    assert built.index("self._response_built = True") < built.index("self.outbox.updates.clear()") < built.index("self.elements.items()")


@pytest.mark.parametrize(("kind", "data"), [(Classes, ["a", "b"]), (Classes, []), (Style, {"color": "red"}), (Props, {"x": 1, "y": None}), (Props, {"rows": [{"a": [1]}]})])
def test_an_observable_begins_as_it_did(kind: Any, data: Any, told: Told) -> None:
    stock = kind.__new__(kind)
    nicegui_elements._stock_start[kind](stock, data, element=told)
    ours = kind(data, element=told)
    assert ours == stock and type(ours) is type(stock)
    assert vars(ours).keys() == vars(stock).keys()
    assert [handler.__name__ for handler in ours.change_handlers] == [handler.__name__ for handler in stock.change_handlers]
    assert ours.element is told and told.times == 0


CHANGES: list[tuple[Any, Callable[[Any], Any]]] = [
    (Classes, lambda c: c("one two one")), (Classes, lambda c: c("a")), (Classes, lambda c: c(add="x", remove="a")), (Classes, lambda c: c(toggle="a")),
    (Classes, lambda c: c(replace="z")), (Classes, lambda c: c("")), (Classes, lambda c: c.append("q")), (Style, lambda s: s("margin:1px")),
    (Style, lambda s: s(remove="color:red")), (Props, lambda p: p.update(a=1, b=2)), (Props, lambda p: p.pop("x")), (Props, lambda p: p("dense label=hello")),
    (Props, lambda p: p.__setitem__("rows", [{"a": 1}])),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(CHANGES)))
def test_a_change_leaves_the_same_and_tells_as_often(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    kind, act = CHANGES[number]
    data: Any = {Classes: ["a"], Style: {"color": "red"}, Props: {"x": 1}}[kind]
    ours_told, stock_told = Told(), Told()
    ours = kind(data, element=ours_told)
    act(ours)
    for owner, name, own in (
        (kind, "_handle_change", nicegui_elements._stock_changed), (Props, "_update", nicegui_elements._stock_props_update),
        (Classes, "__call__", nicegui_elements._stock_call), (ObservableCollection, "_observe", nicegui_elements._stock_observe),
        (ObservableCollection, "_unobserve", nicegui_elements._stock_unobserve), (kind, "__init__", nicegui_elements._stock_start[kind]),
    ):  # fmt: skip
        monkeypatch.setattr(owner, name, own)
    stock = kind(data, element=stock_told)
    act(stock)
    assert (ours, ours_told.times) == (stock, stock_told.times)


def test_what_lies_inside_of_props_tells_too_and_so_does_whoever_else_listens(told: Told) -> None:
    props, heard = Props({}, element=told), []
    props["rows"] = [{"a": 1}]
    assert isinstance(props["rows"], ObservableList) and isinstance(props["rows"][0], ObservableDict)
    before = told.times
    props["rows"][0]["a"] = 2
    assert told.times == before + 1
    props.on_change(lambda: heard.append(1))
    props["b"] = 1
    assert told.times == before + 2 and heard == [1]
    props.add_rename("old", "new")
    props["old"] = 3
    assert props["new"] == 3


def test_a_listener_describes_itself_as_before() -> None:
    for kind in ("click", "click.stop", "keydown.enter.prevent", "keydown.left", "click.left", "scroll.passive.once", "update:model-value"):
        listener = EventListener(element_id=1, type=kind, args=[["a"]], handler=None, js_handler="() => 1", throttle=0.3, leading_events=True, trailing_events=False, request=None)
        stock, ours = nicegui_elements._stock_to_dict(listener), listener.to_dict()
        assert list(ours) == list(stock)
        assert {name: list(value) if isinstance(value, tuple) else value for name, value in ours.items()} == stock


@pytest.fixture
def thing() -> Iterator[Any]:
    class Thing:
        value = BindableProperty(on_change=lambda owner, value: owner.heard.append(value))

        def __init__(self, value: Any) -> None:
            self.heard: list[Any] = []
            self.value = value

    yield Thing
    binding.reset()


def test_properties_that_are_bound_follow_and_are_never_looked_at_again_and_again(thing: Any) -> None:
    one, other = thing(1), thing(2)
    assert one.heard == [], "what a thing begins with is no change"
    one.value = 1
    assert one.heard == []
    binding.bind(one, "value", other, "value")
    one.value = 5
    other.value = 6
    assert (one.value, other.value) == (6, 6) and one.heard == [2, 5, 6] and binding.active_links == []
    plain = SimpleNamespace(value=1)
    binding.bind_from(one, "value", plain, "value")
    assert len(binding.active_links) == 1, "only what cannot tell is looked at"


async def test_a_page_sends_what_changed_once_it_is_built_and_forgets_what_is_removed() -> None:
    made: list[Element] = []

    def root() -> None:
        with ui.element("div") as outer:
            ui.label("first")
            ui.input("field").bind_value(SimpleNamespace(name="x"), "name")
        outer.classes("one")
        made.append(outer)

    async with user_simulation(root) as user:
        await user.open("/")
        outer, client = made[-1], made[-1].client
        client.outbox.updates.clear()
        outer.classes("two")
        assert dict(client.outbox.updates) == {outer.id: outer}
        label = next(iter(outer.default_slot.children))
        outer.remove(label)
        assert label.is_deleted and label.id not in client.elements and not label.slots and not label._props._change_handlers
        elements = list(client.elements.values())
        client.delete()
        assert all(element.is_deleted for element in elements) and not client.elements and not client.outbox.updates
