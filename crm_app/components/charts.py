"""Sparkline, bars and ring, drawn as SVG from tokens. A word beside each repeats what its colour says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from nicegui.element import Element

from crm_app.components.logo import shape, svg

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
