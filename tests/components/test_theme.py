"""The tokens keep their contrast, the written sheet is fresh, every icon that code names is in the sprite."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from crm_app.components import theme
from crm_app.domain.contacts import models as contact_models
from scripts import build_icons

APP = Path(theme.__file__).parents[1]

TEXT_PAIRS = [
    ("ink", "surface"), ("ink-2", "surface"), ("ink-2", "canvas"), ("ink-2", "surface-3"), ("ink-3", "surface"), ("ink-3", "canvas"), ("ink-3", "surface-2"),
    ("ink-3", "surface-3"), ("ink-3", "raised"), ("on-accent", "accent"), ("on-accent", "accent-hover"), ("on-accent", "accent-active"),
    ("accent-text", "surface"), ("accent-text", "canvas"), ("accent-text", "accent-soft"), ("accent-text", "accent-soft-2"), ("ink", "accent-soft"),
    ("ink-2", "accent-soft"), ("ai-ink", "ai-soft"), ("ai-ink", "surface"), ("ink-2", "ai-soft"), ("ink-3", "ai-soft"), ("on-danger", "danger"),
    ("danger-ink", "danger-soft"), ("danger-ink", "surface"), ("warn-ink", "warn-soft"), ("warn-ink", "surface"), ("ok-ink", "ok-soft"),
    ("ok-ink", "surface"), ("info-ink", "info-soft"), ("inverse-ink", "inverse"), ("inverse-ink-2", "inverse"), ("inverse-accent", "inverse"),
    ("ink-2", "warn-soft"), ("ink-2", "danger-soft"),
]
MARK_PAIRS = [
    ("control", "surface"), ("control", "canvas"), ("focus", "surface"), ("focus", "canvas"), ("focus", "surface-3"), ("ai", "surface"),
    ("danger", "surface"), ("warn", "surface"), ("ok", "surface"),
]
# What DESIGN.md promises for the tightest pairs: light, dark.
PROMISED = {
    ("ink-3", "surface-3"): (4.72, 4.64), ("ink-3", "canvas"): (4.94, 6.05), ("ink-3", "surface"): (5.38, 5.67), ("on-accent", "accent"): (5.47, 5.83),
    ("on-accent", "accent-active"): (8.78, 4.60), ("accent-text", "accent-soft"): (5.56, 8.27), ("ai-ink", "ai-soft"): (7.29, 8.78),
    ("danger-ink", "danger-soft"): (6.35, 7.68), ("warn-ink", "warn-soft"): (6.53, 9.01),
}


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The ratio between two colours, from 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("table", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_text_has_at_least_four_and_a_half_to_one(table: Mapping[str, str]) -> None:
    assert {pair: contrast(table[pair[0]], table[pair[1]]) for pair in TEXT_PAIRS if contrast(table[pair[0]], table[pair[1]]) < 4.5} == {}
    assert {pair: contrast(table[pair[0]], table[pair[1]]) for pair in MARK_PAIRS if contrast(table[pair[0]], table[pair[1]]) < 3} == {}


@pytest.mark.parametrize("hue", theme.HUES)
def test_hue_ink_is_readable_on_its_own_soft(hue: str) -> None:
    for (soft, ink, _dot), least in zip(theme.HUES[hue], (5.91, 7.10), strict=True):
        assert contrast(ink, soft) >= least - 0.01


@pytest.mark.parametrize("pair", PROMISED)
def test_the_figures_of_the_design_still_hold(pair: tuple[str, str]) -> None:
    front, back = pair
    assert contrast(theme.LIGHT[front], theme.LIGHT[back]) == pytest.approx(PROMISED[pair][0], abs=0.01)
    assert contrast(theme.DARK[front], theme.DARK[back]) == pytest.approx(PROMISED[pair][1], abs=0.01)


def test_both_themes_have_the_same_tokens() -> None:
    assert set(theme.LIGHT) == set(theme.DARK)


def test_the_written_sheet_is_fresh() -> None:
    assert (theme.STATIC / "mc.css").read_text(encoding="utf-8") == theme.stylesheet(), "run: python scripts/build_styles.py"


def test_the_sheets_use_only_tokens_that_exist() -> None:
    known = set(re.findall(r"--([a-z0-9-]+):", theme.tokens_css())) | {"hb", "hi", "hd", "weeks", "days", "gutter", "fill", "bar", "words"}  # what an element says of itself: its hue, a month its weeks, an event its state
    for path in theme.STYLES.glob("*.css"):
        used = set(re.findall(r"var\(--([a-z0-9-]+)\)", path.read_text(encoding="utf-8")))
        assert used <= known, f"{path.name}: {used - known}"


def test_colours_stand_in_the_theme_alone() -> None:
    for path in theme.STYLES.glob("*.css"):
        assert not re.search(r"#[0-9a-fA-F]{3,8}\b", path.read_text(encoding="utf-8")), path.name


def test_the_plain_pages_use_the_same_colours() -> None:
    sheet = (theme.STATIC / "plain.css").read_text(encoding="utf-8")
    for name, colour in re.findall(r"--([a-z0-9-]+):\s*(#[0-9A-Fa-f]{6})", sheet):
        assert colour.upper() in {theme.LIGHT.get(name, "").upper(), theme.DARK.get(name, "").upper(), "#B9C4C0"}, f"{name}: {colour}"


def test_every_icon_that_code_names_is_in_the_sprite() -> None:
    sprite = set(re.findall(r'<symbol id="([a-z0-9-]+)"', (theme.STATIC / "icons.svg").read_text(encoding="utf-8")))
    assert sprite == set(build_icons.ICONS)
    assert set(theme.QUASAR_ICONS.values()) <= sprite
    pattern = re.compile(r"""(?:lu-|\bicon\(|icon_button\(|icon=|icon_name=|mark=)["']?["']([a-z][a-z0-9-]*)["']|["'=]lu-([a-z][a-z0-9-]*)""")
    for path in [*APP.joinpath("components").rglob("*.py"), *APP.joinpath("pages").rglob("*.py")]:
        named = {first or second for first, second in pattern.findall(path.read_text(encoding="utf-8"))}
        assert named <= sprite, f"{path.name}: {named - sprite}"


def test_every_stage_has_a_hue() -> None:
    stages = {stage.value for stage in contact_models.Stage} if hasattr(contact_models, "Stage") else set(theme.STAGE_HUES)
    assert stages <= set(theme.STAGE_HUES)
    assert set(theme.STAGE_HUES.values()) == set(theme.HUES)


def test_nothing_is_asked_of_another_host() -> None:
    for path in theme.STATIC.glob("*.css"):
        assert "http" not in path.read_text(encoding="utf-8"), path.name
    for address in re.findall(r"url\((/static/[^)]+)\)", theme.stylesheet()):
        assert (theme.STATIC / address.removeprefix("/static/")).is_file()
