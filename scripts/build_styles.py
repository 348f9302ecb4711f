"""Write ``crm_app/static/mc.css`` from the tokens and the readable sheets. Run it after changing either."""

from __future__ import annotations

from crm_app.components import theme


def main() -> None:
    """Write the sheet and say how large it is."""
    target = theme.STATIC / "mc.css"
    target.write_text(theme.stylesheet(), encoding="utf-8")
    print(f"{target.name}: {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
