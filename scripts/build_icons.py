"""Build ``crm_app/static/icons.svg`` from the Lucide set (ISC).

    npm install lucide-static
    python scripts/build_icons.py node_modules/lucide-static/icons

Only the icons listed here are in the sprite; a test fails when code names one that is not.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

TARGET = Path(__file__).parent.parent / "crm_app" / "static" / "icons.svg"

ICONS = """
activity archive archive-restore arrow-down arrow-left arrow-right arrow-up arrow-up-down arrow-up-right at-sign
ban bell bold book-open bookmark briefcase building-2 cake calendar calendar-days calendar-plus camera check chevron-down chevron-left
chevron-right chevron-up chevrons-up-down circle circle-alert circle-check circle-dashed circle-dot circle-question-mark circle-user circle-x
clipboard-check clock cloud cloud-off columns-3 contact copy corner-down-left database download ellipsis external-link eye eye-off
file-down file-text file-up fingerprint flag flower-2 folder folder-plus gauge git-merge globe grip-vertical hand-heart handshake
hard-drive hash heart heart-handshake history house image import inbox info italic key-round laptop layers layout-grid leaf lightbulb link
link-2 list list-checks list-filter lock log-out mail map-pin menu message-circle message-square mic minus monitor moon notebook-pen
palette panel-left panel-right paperclip pause pencil phone phone-incoming phone-outgoing play plug plus quote refresh-cw repeat reply rotate-ccw search send server
settings share-2 shield-check signal sliders-horizontal smartphone smile snowflake sparkles sprout square square-check-big square-kanban star sticky-note sun
sun-moon tag tags target thermometer thumbs-up timer trash-2 trending-down trending-up triangle-alert undo-2 unlink unplug upload user user-check
user-plus user-x users users-round video wallet wand-sparkles waves wifi-off wind x zap
""".split()

# No fill here: the sheet says "none" for every icon and a colour for a star that is set.
_ATTRIBUTES = 'viewBox="0 0 24 24" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"'


def symbol(name: str, source: str) -> str:
    """One icon as a ``<symbol>``; raises ``ValueError`` when the file is not an SVG."""
    found = re.search(r"<svg[^>]*>(.*)</svg>", source, re.DOTALL)
    if found is None:
        raise ValueError(f"{name} is not an SVG file")
    body = re.sub(r"\s+", " ", found.group(1)).strip()
    return f'<symbol id="{name}" {_ATTRIBUTES}>{body}</symbol>'


def main(folder: Path) -> None:
    """Write the sprite from the files in ``folder``."""
    symbols = [symbol(name, (folder / f"{name}.svg").read_text(encoding="utf-8")) for name in sorted(set(ICONS))]
    sprite = "\n".join(['<svg xmlns="http://www.w3.org/2000/svg">', *symbols, "</svg>", ""])
    TARGET.write_text(sprite, encoding="utf-8")
    print(f"{len(symbols)} icons, {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
