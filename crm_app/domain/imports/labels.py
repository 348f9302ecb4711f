"""What kind of number or address it is, in one wording for all the programs that files come from."""

from __future__ import annotations

import re

from crm_app.domain.imports.cards import clean_line
from crm_app.domain.text import fold

_APPLE = re.compile(r"_\$!<(.*?)>!\$_")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WORDS = {
    "mobile": ("mobile", "cell", "cellular", "iphone", "handy", "mobil", "mobiltelefon", "portable", "movil", "celular", "telemovel", "telemovil",
               "cellulare", "mobiel", "mobilephone", "gsm"),
    "home": ("home", "private", "personal", "privat", "domicile", "personnel", "casa", "particular", "residencial", "thuis", "prive", "hausanschluss",
             "abitazione", "privato"),
    "work": ("work", "business", "office", "company", "buro", "geschaftlich", "arbeit", "dienstlich", "bureau", "travail", "professionnel",
             "trabajo", "oficina", "trabalho", "comercial", "lavoro", "ufficio", "werk", "kantoor", "zakelijk"),
    "main": ("main", "primary", "haupt", "principal", "principale", "hoofd"),
    "other": ("other", "andere", "sonstige", "autre", "otro", "outro", "altro", "overig"),
    "pager": ("pager", "beeper"),
}  # fmt: skip
LABEL_OF_WORD: dict[str, str] = {word: label for label, words in _WORDS.items() for word in words}
FAX_WORDS = {"fax", "telefax", "telecopie", "telecopieur"}
_IGNORED = {"internet", "voice", "pref", "x400", "msg", "text", "video", "postal", "parcel", "dom", "intl", "http", "https", "textphone", "car", "bbs"}


def label_from_types(types: list[str]) -> str:
    """vCard types to a label: ``["HOME", "FAX"]`` → ``home fax``, ``["CELL", "VOICE"]`` → ``mobile``."""
    words = [kind for kind in types if kind and kind not in _IGNORED]
    known = list(dict.fromkeys(LABEL_OF_WORD[word] for word in words if word in LABEL_OF_WORD))
    if "fax" in words:
        return f"{known[0]} fax" if known else "fax"
    unknown = [word for word in words if word not in LABEL_OF_WORD and not word.startswith("x-")]
    order = ("mobile", "pager", "work", "home", "main", "other")
    return next((label for label in order if label in known), unknown[0] if unknown else "")


def custom_label(text: str) -> str:
    """A label that someone chose; Apple's marked ones (``_$!<HomePage>!$_``) become words."""
    if match := _APPLE.search(text):
        return _CAMEL.sub(" ", match[1]).lower()
    return clean_line(text)


def tidy_label(text: str) -> tuple[str, bool]:
    """A label of a table, and whether Google's star marks it as the first: ``* Work`` → ``("work", True)``."""
    stripped = clean_line(text)
    primary = stripped.startswith("*")
    stripped = stripped.lstrip("* ").strip()
    words = fold(stripped).split()
    fax = [word for word in words if word in FAX_WORDS]
    known = [LABEL_OF_WORD[word] for word in words if word in LABEL_OF_WORD]
    if words and len(fax) + len(known) == len(words):
        return " ".join([*dict.fromkeys(known), *(["fax"] if fax else [])]), primary
    return stripped, primary
