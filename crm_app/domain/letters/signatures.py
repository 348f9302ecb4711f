"""What stands under a letter: set apart by the line that mail programs know, put there once, exchanged with the mailbox, and none of anybody's words. Pure."""

from __future__ import annotations

import re

LINE = "-- \n"
_LONGEST = 20
# As it comes back from a mailbox: the space at the end of the line may be gone. It ends where an older mail is quoted, or with the mail; whoever
# draws a line by two dashes and writes on has more to say than a signature does.
_BELOW = re.compile(rf"^--[ ]?\n(?:(?!>).*(?:\n|\Z)){{0,{_LONGEST}}}?(?=>|\Z)", re.M)


def under(words: str, signature: str) -> str:
    """A letter's words with a signature beneath, unless its lines stand there already."""
    if not signature or _lines(signature) in _lines(words):
        return words
    return f"{words.rstrip()}\n\n{LINE}{signature}"


def parted(words: str, *known: str) -> tuple[str, str]:
    """A letter's words without the one of the known signatures that stands beneath them as it is, and which: nobody has touched it. Empty when none does."""
    whole = f"\n{words.rstrip()}"
    for signature in filter(None, known):
        if whole.endswith(f"\n{LINE}{signature}"):
            return whole[1 : -len(LINE + signature)].rstrip(), signature
    return words, ""


def exchanged(words: str, before: str, after: str, earlier: str = "") -> str:
    """A letter's words once it leaves by another mailbox. ``earlier`` stood beneath it when it was kept, and its mailbox's may be another since. A
    signature that was changed by hand, or taken out, is left as it is."""
    rest, stood = parted(words, before, earlier)
    return under(rest, after) if stood or not before else words


def opened(words: str) -> str:
    """As they stand in a field: with room to write over a signature that is all there is."""
    return f"\n\n{words}" if words.startswith(LINE) else words


def without(text: str) -> str:
    """A sent mail's text without what stands under it. What it quotes beneath stays."""
    return _BELOW.sub("", text).rstrip()


def _lines(text: str) -> str:
    return "\n".join(["", *(line.rstrip() for line in text.strip().splitlines()), ""])
