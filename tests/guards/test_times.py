"""Every time that a person reads goes through ``domain.times``: in their zone, their language and by their clock.

The modules are walked: nobody else formats a moment by hand, asks the machine which day it is, or leaves it to the
browser. What stands in a terminal may be written by hand, but must name the zone it is in.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

from tests.guards.sources import APP, FILES, relative, tree

ONE_PLACE = "domain/times.py"
PATTERN = re.compile(r"%[-#]?[aAbBcdHIjmMpSxXyY]")
INPUTS = {"components/times.py", "components/draft.py", "components/fields.py", "components/suggestion_fields.py", "pages/settings/notifications.py", "pages/settings/ai/preference.py"}
"""Where a day or time becomes what the browser's own field for one holds."""
CLASSES = {"date", "datetime", "datetime.datetime", "datetime.date", "time"}


def drawn() -> dict[str, ast.Module]:
    """The modules that draw pages, by their path."""
    return {relative(path): tree(path) for path in FILES if relative(path).startswith(("components/", "pages/"))}


def places(wrong: Callable[[ast.AST], bool], tree_of: dict[str, ast.Module] | None = None) -> Iterator[tuple[str, int]]:
    """``(module, line)`` of everything that is ``wrong``."""
    for name, parsed in ({relative(path): tree(path) for path in FILES} if tree_of is None else tree_of).items():
        yield from ((name, node.lineno) for node in ast.walk(parsed) if wrong(node))


def puts_into_words(node: ast.AST) -> bool:
    """An import of what knows languages' dates."""
    return isinstance(node, ast.ImportFrom) and (node.module or "").startswith("babel.dates") or isinstance(node, ast.Import) and any(alias.name.startswith("babel.dates") for alias in node.names)


def formats_by_hand(node: ast.AST) -> bool:
    """``f"{when:%H:%M}"``, ``strftime``, ``ctime``."""
    if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
        return any(isinstance(part, ast.Constant) and PATTERN.search(str(part.value)) for part in ast.walk(node.format_spec))
    return isinstance(node, ast.Attribute) and node.attr in ("strftime", "ctime")


def asks_the_machine(node: ast.AST) -> bool:
    """The server's own zone is nobody's: a moment is taken in UTC or in somebody's zone."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    of, bare = ast.unparse(node.func.value), not node.args and not node.keywords
    return node.func.attr in ("today", "utcnow", "localtime") and of in CLASSES or node.func.attr in ("now", "astimezone") and bare and (of in CLASSES or node.func.attr == "astimezone")


def writes_for_machines(node: ast.AST) -> bool:
    """``2026-04-15T12:12:00+00:00``."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "isoformat"


def groups_digits(node: ast.AST) -> bool:
    """``f"{count:,}"``: the separators of one language for everybody."""
    return isinstance(node, ast.FormattedValue) and node.format_spec is not None and "," in ast.unparse(node.format_spec)


def test_only_one_module_puts_days_and_times_into_words() -> None:
    assert {name for name, _line in places(puts_into_words)} == {ONE_PLACE}


def test_nobody_formats_a_moment_by_hand_unless_the_zone_stands_beside_it() -> None:
    found = [place for place in places(formats_by_hand) if "UTC" not in (APP / place[0]).read_text(encoding="utf-8").splitlines()[place[1] - 1]]
    assert found == []


def test_nobody_asks_the_machine_which_day_it_is() -> None:
    assert list(places(asks_the_machine)) == []


def test_pages_and_components_show_nothing_as_machines_write_it() -> None:
    assert list(places(writes_for_machines, {name: parsed for name, parsed in drawn().items() if name not in INPUTS})) == []


def test_pages_and_components_group_no_digits_by_hand() -> None:
    """``words.number`` knows the separators of the reader's language."""
    assert list(places(groups_digits, drawn())) == []


def test_no_script_puts_a_time_into_words() -> None:
    """A browser's zone and language are the device's, not the person's: it is asked once, at the first sign-in, which zone to begin with.

    What counts how old something has become reads the moment that stands in a ``<time>``, and says it in the server's words.
    """
    words = re.compile(r"new Date\(|toLocale|Intl\.|getHours|getTimezoneOffset|Date\.parse")
    scripts = {path.relative_to(APP).as_posix(): words.findall(path.read_text(encoding="utf-8")) for path in APP.rglob("*.js") if "vendor" not in path.parts}
    assert len(scripts) > 5 and {name: said for name, said in scripts.items() if said} == {"static/zone.js": ["Intl."], "components/vue/ages.js": ["Date.parse"]}


def test_the_guards_see_what_they_look_for() -> None:
    bad = {
        puts_into_words: ["from babel.dates import format_time", "import babel.dates"],
        formats_by_hand: ['f"{when:%H:%M}"', "when.strftime(x)"],
        asks_the_machine: ["date.today()", "datetime.now()", "datetime.utcnow()", "when.astimezone()"],
        groups_digits: ['f"{count:,}"'],
        writes_for_machines: ["day.isoformat()", 'when.isoformat(timespec="minutes")'],
    }
    good = ['f"{share:.0%}"', "datetime.now(UTC)", "when.astimezone(zone)", "times.clock(when, actor)", "from babel import Locale"]
    for wrong, samples in bad.items():
        assert all(list(places(wrong, {"x": ast.parse(sample)})) for sample in samples), wrong.__name__
        assert not any(list(places(wrong, {"x": ast.parse(sample)})) for sample in good), wrong.__name__
