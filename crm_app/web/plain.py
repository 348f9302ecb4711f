"""Plain server-rendered pages: no script, one small stylesheet. What a visitor without a session sees costs next to nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse
from starlette.types import Scope

from crm_app.domain.i18n import _, ngettext

_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    extensions=["jinja2.ext.i18n"],
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.install_gettext_callables(_, ngettext, newstyle=True)  # type: ignore[attr-defined]
_ENVIRONMENT.globals["static_version"] = "1"


def set_static_version(version: str) -> None:
    """Name the build in the address of the stylesheet, so that browsers fetch a changed one."""
    _ENVIRONMENT.globals["static_version"] = version


def render(scope: Scope, template: str, status: int = 200, headers: dict[str, str] | None = None, **values: Any) -> HTMLResponse:
    """One page. The theme is the signed-in person's choice, else the system's. ``zone_script`` lets it ask for the browser's time zone."""
    record = scope.get("crm_session")
    theme = record.theme if record is not None else "system"
    if values.get("zone_script"):
        scope["own_script"] = True
    html = _ENVIRONMENT.get_template(template).render(theme=theme, **values)
    return HTMLResponse(html, status_code=status, headers={"cache-control": "no-store", **(headers or {})})
