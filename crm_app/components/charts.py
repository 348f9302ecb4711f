"""Sparkline, bars and ring, drawn as SVG from tokens. A word beside each repeats what its colour says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from nicegui.element import Element

from crm_app.components.logo import shape, svg
from crm_app.components.text import attributes, text

Trend = Literal["improving", "declining", "stable"]
TREND_COLOURS = {"improving": "var(--accent)", "declining": "var(--coral-dot)", "stable": "var(--control)"}


def spark_points(values: Sequence[float], width: float = 56, height: float = 18) -> str:
    """The ``points`` of a polyline through ``values``; for table cells, which draw their own."""
    if not values:
        return ""
    low, high = min(values), max(values)
    span = (high - low) or 1
    step = (width - 6) / max(1, len(values) - 1)
    return " ".join(f"{2 + index * step:.1f},{height - 3 - (value - low) / span * (height - 6):.1f}" for index, value in enumerate(values))


def sparkline(values: Sequence[float], trend: Trend = "stable", *, width: float = 56, height: float = 18, filled: bool = False, label: str | None = None) -> Element:
    """Straight segments with a dot at the end; ``label`` is the sentence for who cannot see it."""
    points, colour = spark_points(values, width, height), TREND_COLOURS[trend]
    with svg(width, height, f"0 0 {width:g} {height:g}", "mc-chart", label=label) as drawing:
        if points:
            pairs = points.split()
            if filled:
                shape("polygon", points=f"{pairs[0].split(',')[0]},{height} {points} {pairs[-1].split(',')[0]},{height}", fill=colour, opacity=0.1)
            shape("polyline", points=points, fill="none", stroke=colour, stroke_width=1.5, stroke_linecap="round", stroke_linejoin="round")
            x, y = pairs[-1].split(",")
            shape("circle", cx=x, cy=y, r=2.25, fill=colour)
    return drawing


def bars(values: Sequence[float], highlighted: int | None = None, *, width: float = 96, height: float = 28, label: str | None = None) -> Element:
    """One bar a value, one of them in full colour; an empty one still leaves a trace."""
    gap = 3.0
    each = (width - gap * (len(values) - 1)) / max(1, len(values))
    top = max(values, default=0) or 1
    with svg(width, height, f"0 0 {width:g} {height:g}", "mc-chart", label=label) as drawing:
        for index, value in enumerate(values):
            tall = max(2.0, value / top * height)
            fill = "var(--accent)" if index == highlighted else "var(--accent-soft-2)"
            shape("rect", x=f"{index * (each + gap):.1f}", y=f"{height - tall:.1f}", width=f"{each:.1f}", height=f"{tall:.1f}", rx=1.5, fill=fill)
    return drawing


def days_of_month(values: Sequence[float], today: int, *, label: str) -> Element:
    """A bar a day, today's (from 1 on) in full colour, and the first, today's and the last day's numbers beneath; as wide as there is room."""
    wide, tall, each = 224.0, 28.0, 224.0 / len(values)
    top = max(values) or 1
    with svg(wide, 46, f"0 0 {wide:g} 46", "mc-chart mc-chart-month", label=label) as drawing:
        for day, value in enumerate(values, start=1):
            high = max(1.5, value / top * tall)
            fill = "var(--accent)" if day == today else "var(--accent-soft-2)"
            shape("rect", x=f"{(day - 1) * each:.1f}", y=f"{tall - high:.1f}", width=f"{each - 2.5:.1f}", height=f"{high:.1f}", rx=1, fill=fill)
        last = len(values)
        for day in sorted({1, today, last}):
            if day == today or abs(day - today) > 2:
                anchor = "start" if day == 1 else "end" if day == last else "middle"
                x = 0.0 if day == 1 else wide - 2.5 if day == last else (day - 0.5) * each - 1.25
                attributes(text(str(day), "mc-chart-word", tag="text"), x=f"{x:.1f}", y="44", text_anchor=anchor)
    return drawing


def ring(fraction: float, *, size: float = 30, stroke: float = 3.5, label: str | None = None) -> Element:
    """A share of one, from the top, clockwise."""
    share, middle, radius = max(0.0, min(1.0, fraction)), size / 2, (size - stroke) / 2
    round_ = 2 * math.pi * radius
    with svg(size, size, f"0 0 {size:g} {size:g}", "mc-chart", label=label) as drawing:
        common: dict[str, str | float] = {"cx": middle, "cy": middle, "r": radius, "fill": "none", "stroke_width": stroke}
        shape("circle", **common, stroke="var(--surface-3)")
        if share:
            dash, turn = f"{round_ * share:.1f} {round_:.1f}", f"rotate(-90 {middle:g} {middle:g})"
            shape("circle", **common, stroke="var(--accent)", stroke_linecap="round", stroke_dasharray=dash, transform=turn)
    return drawing
