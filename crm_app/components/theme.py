"""The look in one table: colours, shapes, stage hues, and how they reach NiceGUI and Quasar.

This is the only file with colour codes. ``scripts/build_styles.py`` writes them, with the readable sheets in
``styles/``, to ``static/mc.css``; a test fails when that file is stale. Everything else says ``var(--token)``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from nicegui import App, __version__, ui

STATIC: Final = Path(__file__).parent.parent / "static"
STYLES: Final = Path(__file__).parent / "styles"

LIGHT: Final[Mapping[str, str]] = {
    # Neutrals, faintly green.
    "canvas": "#F3F6F5", "surface": "#FFFFFF", "surface-2": "#F7F9F8", "surface-3": "#EDF1EF", "raised": "#FFFFFF",
    "line": "#E6EBE9", "line-strong": "#D2DAD7", "control": "#7C8C86",
    "ink": "#13201D", "ink-2": "#475752", "ink-3": "#5E6E68",
    # Teal: act, or selected.
    "accent": "#0F766E", "accent-hover": "#0C655E", "accent-active": "#0A544E", "on-accent": "#FFFFFF",
    "accent-text": "#0D6B64", "accent-soft": "#E4F3F0", "accent-soft-2": "#CDE8E3", "accent-line": "#B5DCD5", "focus": "#0D9488",
    # Iris: made by AI.
    "ai": "#5B4BC4", "ai-ink": "#4C3DB0", "ai-soft": "#F4F2FD", "ai-line": "#DFDAF7",
    # State.
    "danger": "#C0362C", "on-danger": "#FFFFFF", "danger-ink": "#A32B22", "danger-soft": "#FCEEEC",
    "warn": "#B45309", "warn-ink": "#8C4407", "warn-soft": "#FDF4E3",
    "ok": "#15803D", "ok-ink": "#12643A", "ok-soft": "#E8F5EC",
    "info": "#1D6FB8", "info-ink": "#175A96", "info-soft": "#E8F2FB",
    # What floats above everything: toast, bulk bar, tooltip.
    "inverse": "#16211E", "inverse-ink": "#F1F6F4", "inverse-ink-2": "#A9B8B2", "inverse-line": "#2E3A36", "inverse-accent": "#6FDCCD",
    # The knob of a switch is white in both themes.
    "knob": "#FFFFFF",
}

DARK: Final[Mapping[str, str]] = {
    "canvas": "#0B100F", "surface": "#121817", "surface-2": "#18201E", "surface-3": "#212A28", "raised": "#1A2220",
    "line": "#222B29", "line-strong": "#323D3A", "control": "#75857F",
    "ink": "#E6EDEB", "ink-2": "#AAB7B2", "ink-3": "#85948E",
    "accent": "#29A899", "accent-hover": "#35B9A9", "accent-active": "#229486", "on-accent": "#03201C",
    "accent-text": "#5ED3C4", "accent-soft": "#122B28", "accent-soft-2": "#17403B", "accent-line": "#1F4F49", "focus": "#2DD4BF",
    "ai": "#A79BF2", "ai-ink": "#BDB3F8", "ai-soft": "#1D1B2E", "ai-line": "#332F52",
    "danger": "#E5695E", "on-danger": "#2A0603", "danger-ink": "#F09A91", "danger-soft": "#2E1917",
    "warn": "#E0A04A", "warn-ink": "#EDBB77", "warn-soft": "#2B2113",
    "ok": "#4CC07A", "ok-ink": "#7FD6A1", "ok-soft": "#13271B",
    "info": "#5EA9E8", "info-ink": "#8FC4F2", "info-soft": "#14232F",
    "inverse": "#2A3532", "inverse-ink": "#EAF1EF", "inverse-ink-2": "#AEBCB7", "inverse-line": "#3D4A46", "inverse-accent": "#74DDCF",
    "knob": "#FFFFFF",
}

# hue: (soft, ink, dot) in light, then in dark.
HUES: Final[Mapping[str, tuple[tuple[str, str, str], tuple[str, str, str]]]] = {
    "sky": (("#E5F1FA", "#1A5B8A", "#3A8CC8"), ("#122634", "#8CC5EE", "#4C9FDA")),
    "plum": (("#F7EAF5", "#84397E", "#B55FAE"), ("#2C1A2B", "#E0A3DA", "#C073B8")),
    "green": (("#E6F4E7", "#25683A", "#4A9F5E"), ("#15291A", "#8AD29B", "#57B36D")),
    "teal": (("#DDF2EE", "#0B5F58", "#149083"), ("#0F2D29", "#72D9CB", "#27AE9E")),
    "amber": (("#FCF1DA", "#855008", "#C08416"), ("#2D2210", "#EBBE70", "#D69A34")),
    "coral": (("#FDECE6", "#9C3D1F", "#DC6F49"), ("#331D15", "#F3A88D", "#DE7852")),
    "indigo": (("#EAEDFB", "#3C4BA3", "#6A7BD6"), ("#1B2036", "#AAB6F4", "#7586DF")),
    "slate": (("#EDF1EF", "#4A5A55", "#82918B"), ("#212A28", "#AAB7B2", "#7C8B85")),
}

STAGE_HUES: Final[Mapping[str, str]] = {
    "discovery": "sky", "curious": "plum", "new_client": "green", "core_client": "teal",
    "ambassador": "amber", "needs_reconnecting": "coral", "inactive": "slate", "collaborator": "indigo",
}

# What does not change between themes.
_SHAPES: Final = """
  --r-xs: 4px; --r-sm: 6px; --r-md: 8px; --r-lg: 12px; --r-xl: 14px; --r-full: 999px;
  --ease: cubic-bezier(.2, .8, .2, 1);
  --font: 'Inter Variable', system-ui, -apple-system, 'Segoe UI', sans-serif;
  --mono: ui-monospace, 'SF Mono', Menlo, Consolas, monospace;
  --nicegui-default-padding: 0; --nicegui-default-gap: 0;"""

_LIGHT_SHADOWS: Final = """
  --sh-1: 0 1px 2px rgb(16 32 28 / .05);
  --sh-2: 0 0 0 1px rgb(16 32 28 / .07), 0 2px 6px -1px rgb(16 32 28 / .06), 0 12px 28px -8px rgb(16 32 28 / .16);
  --sh-3: 0 0 0 1px rgb(16 32 28 / .07), 0 8px 20px -6px rgb(16 32 28 / .12), 0 32px 72px -12px rgb(16 32 28 / .28);
  --scrim: rgb(12 24 21 / .32);"""

_DARK_SHADOWS: Final = """
  --sh-1: 0 1px 2px rgb(0 0 0 / .4);
  --sh-2: 0 0 0 1px rgb(255 255 255 / .07), 0 12px 28px -8px rgb(0 0 0 / .6);
  --sh-3: 0 0 0 1px rgb(255 255 255 / .08), 0 32px 72px -12px rgb(0 0 0 / .75);
  --scrim: rgb(0 0 0 / .6);"""

# Quasar's own parts follow the tokens, so there is no second palette.
_BRAND: Final = {
    "primary": "var(--accent)", "secondary": "var(--ink-2)", "accent": "var(--ai)", "negative": "var(--danger)",
    "positive": "var(--ok)", "warning": "var(--warn)", "info": "var(--info)", "dark": "var(--raised)", "dark-page": "var(--canvas)",
}

# Quasar asks for some icons by its own names; they come from our sprite too.
QUASAR_ICONS: Final[Mapping[str, str]] = {
    "arrow_drop_down": "chevron-down", "arrow_upward": "arrow-up", "keyboard_arrow_down": "chevron-down", "keyboard_arrow_up": "chevron-up",
    "keyboard_arrow_right": "chevron-right", "chevron_left": "chevron-left", "chevron_right": "chevron-right", "first_page": "chevron-left",
    "last_page": "chevron-right", "close": "x", "clear": "x", "cancel": "x", "check": "check", "error": "circle-alert",
    "warning": "triangle-alert", "info": "info", "visibility": "eye", "visibility_off": "eye-off", "event": "calendar",
    "access_time": "clock", "add": "plus", "edit": "pencil", "search": "search", "menu": "menu", "more_vert": "ellipsis",
}

# Whoever presses twice means once: the second half would open a second dialog over the first, or press what has just appeared there.
# Ticks and switches go there and back, and ``mc-again`` marks what is pressed again and again. Keys are presses of their own.
ONE_PRESS: Final = """
window.addEventListener("click", (e) => {
  if (e.detail < 2 || e.target.closest(".mc-again, input, textarea, [contenteditable], [role=checkbox], [role=switch]")) return;
  e.preventDefault();
  e.stopImmediatePropagation();
}, true);
"""


def tokens_css() -> str:
    """The tokens of both themes as custom properties, outside any layer."""
    return (
        f":root {{\n  color-scheme: light;{_SHAPES}{_LIGHT_SHADOWS}\n{_colours(LIGHT, 0)}\n}}\n"
        f"body.body--dark {{\n  color-scheme: dark;{_DARK_SHADOWS}\n{_colours(DARK, 1)}\n}}\n"
        "@media (prefers-contrast: more) {\n"
        f"  :root {{ --line: {_MORE['line']}; --line-strong: {LIGHT['control']}; --ink-3: {LIGHT['ink-2']}; }}\n"
        f"  body.body--dark {{ --line: {DARK['line-strong']}; --line-strong: {DARK['control']}; --ink-3: {DARK['ink-2']}; }}\n}}\n"
    )


_MORE: Final = {"line": "#B9C4C0"}


def _colours(table: Mapping[str, str], index: int) -> str:
    lines = [f"  --{name}: {value};" for name, value in table.items()]
    for hue, themes in HUES.items():
        soft, ink, dot = themes[index]
        lines.append(f"  --{hue}-soft: {soft}; --{hue}-ink: {ink}; --{hue}-dot: {dot};")
    return "\n".join(lines)


def hues_css() -> str:
    """One class per hue; whatever stands inside reads only ``--hb`` (background), ``--hi`` (ink) and ``--hd`` (dot)."""
    rules = [f"  .mc-hue-{h} {{ --hb: var(--{h}-soft); --hi: var(--{h}-ink); --hd: var(--{h}-dot); }}" for h in HUES]
    return "@layer components {\n" + "\n".join(rules) + "\n}\n"


def stylesheet() -> str:
    """The whole sheet as it should stand in ``static/mc.css``."""
    sheets = [f"/* {path.name} */\n{path.read_text(encoding='utf-8')}" for path in sorted(STYLES.glob("*.css"))]
    # NiceGUI declares the same order; said again, so that the sheet also works where NiceGUI is not.
    order = "@layer theme, base, quasar, nicegui, components, utilities, overrides, quasar_importants;\n"
    return "/* Written by scripts/build_styles.py from components/theme.py and components/styles. */\n" + "\n".join(
        [order, tokens_css(), hues_css(), *sheets]
    )


@cache
def static_version() -> str:
    """Ten characters that change whenever a served file changes; they stand in the address, so files are kept for a year."""
    digest = hashlib.sha256()
    for path in sorted(STATIC.rglob("*")):
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()[:10]


def asset(name: str) -> str:
    """The address of a served file, with its version."""
    return f"/static/{name}?v={static_version()}"


def head_html() -> str:
    """What every page has in its head: typeface, sheet, icon."""
    return (
        '<link rel="preload" href="/static/fonts/inter-latin.woff2" as="font" type="font/woff2" crossorigin>'
        f'<link rel="stylesheet" href="{asset("mc.css")}">'
        f'<link rel="icon" href="{asset("icon.svg")}" type="image/svg+xml">'
        # The page's last script imports this one, and would only then begin to ask for it.
        f'<link rel="modulepreload" href="/_nicegui/{__version__}/static/dompurify.mjs">'
        '<meta name="referrer" content="same-origin">'
    )


def install_theme(app: App) -> None:
    """Give the NiceGUI application our look. Once per process, before the first page is built."""
    app.config.quasar_config["ripple"] = False
    app.config.quasar_config["brand"].update(_BRAND)
    app.config.vue_config_script += _icon_script() + ONE_PRESS
    ui.add_head_html(head_html(), shared=True)
    ui.button.default_props("no-caps unelevated")
    ui.input.default_props("outlined dense hide-bottom-space")
    ui.textarea.default_props("outlined dense hide-bottom-space autogrow")
    ui.number.default_props("outlined dense hide-bottom-space")
    ui.select.default_props("outlined dense options-dense hide-bottom-space dropdown-icon=lu-chevron-down")
    ui.table.default_props("flat")
    ui.tooltip.default_props("delay=400 transition-duration=120")
    ui.menu.default_props("transition-duration=160 no-parent-event=false")
    ui.dialog.default_props("transition-duration=200")


def _icon_script() -> str:
    sprite = asset("icons.svg")
    names = ", ".join(f"{name}: '{symbol}'" for name, symbol in QUASAR_ICONS.items())
    return (
        f"\n{{ const own = {{ {names} }};\n"
        "  app.config.globalProperties.$q.iconMapFn = (name) => {\n"
        "    const id = name.startsWith('lu-') ? name.slice(3) : own[name];\n"
        f"    return id ? {{ icon: 'svguse:{sprite}#' + id }} : undefined;\n"
        "  }; }\n"
    )
