"""vCard 2.1, 3.0 and 4.0 to contact cards, as the programs of the world really write them."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

from crm_app.domain.imports.builder import CardBuilder
from crm_app.domain.imports.cards import Batch, PointKindName, Problem, clean_line
from crm_app.domain.imports.content_lines import Property, RawCard, decode, parse_property, unfold
from crm_app.domain.imports.dates import default_order
from crm_app.domain.imports.labels import custom_label, label_from_types
from crm_app.domain.imports.vcard_names import EXTRA_NAMES, GROUP_KINDS, OWN, PLAIN, SOCIAL, TECHNICAL
from crm_app.domain.imports.vcard_photo import take_photo

_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_UNESCAPED = {";": re.compile(r"(?<!\\)((?:\\\\)*);"), ",": re.compile(r"(?<!\\)((?:\\\\)*),")}
_NAME_PARTS = ("family_name", "given_name", "middle_name", "name_prefix", "name_suffix")
_ADDRESS_PARTS = ("box", "extended", "street", "city", "region", "postal_code", "country")
_POINTS: dict[str, PointKindName] = {"EMAIL": "email", "TEL": "phone", "URL": "website", "X-MS-TEL": "phone"}
_SYSTEM_GROUPS = {"mycontacts", "my contacts"}


class _Card:
    """One card being read: its properties in order, then the labels that other lines of a group gave."""

    def __init__(self, raw: RawCard, region: str) -> None:
        self.builder = CardBuilder(raw.line, region=region, order=default_order(region))
        self.properties: list[Property] = []
        self.version, self.own = "3.0", False
        for line in unfold(raw.lines):
            found = parse_property(line, "utf-8")
            if found is None:
                text = decode(line)
                self.builder.add_extra("Unreadable line", text)
                self.builder.report(f"“{clean_line(text)[:80]}” is no line of a vCard: it was kept among the other fields.")
            elif found.name == "VERSION":
                self._set_version(found.text().strip())
            elif found.name == "PRODID":
                self.own = "//MindfulCRM//" in found.text()
            else:
                self.properties.append(found)
        self.labels: dict[str, str] = {}
        self.used: set[str] = set()
        for found in self.properties:
            if found.name == "X-ABLABEL":
                if self.labels.get(found.group):
                    self.builder.add_extra("Label", self.labels[found.group])
                self.labels[found.group] = custom_label(self.plain(found))
        if not raw.closed:
            self.builder.report("The card has no END:VCARD. What could be read was taken.")

    def _set_version(self, version: str) -> None:
        self.version = version
        if version not in {"2.1", "3.0", "4.0"}:
            self.builder.add_extra("Version", version)
            self.builder.report(f"“{version[:40]}” is no version of vCard: the card was read as well as could be.")

    def parts(self, found: Property, sign: str) -> list[str]:
        """A structured value at its unescaped separators. A comma separates nothing in vCard 2.1."""
        text = found.text()
        if sign == "," and self.version == "2.1":
            return [text]
        return _UNESCAPED[sign].sub("\\1\0", text.replace("\0", "")).split("\0")

    def unescape(self, text: str) -> str:
        """Undo backslashes; in 2.1 only before signs, since ``C:\\new`` is a path there."""
        if self.version == "2.1":
            return re.sub(r"\\([;,:\\])", r"\1", text)
        return _ESCAPE.sub(lambda match: "\n" if match[1] in "nN" else match[1], text)

    def plain(self, found: Property) -> str:
        return self.unescape(found.text())

    def structured(self, found: Property, joint: str) -> list[str]:
        """Components, each with its list of values joined."""
        result = []
        for part in self.parts(found, ";"):
            values = [part] if self.version == "2.1" else _UNESCAPED[","].sub("\\1\0", part.replace("\0", "")).split("\0")
            result.append(joint.join(filter(None, (self.unescape(value).strip() for value in values))))
        return result

    def label(self, found: Property) -> str:
        """The group's own label, else one from the types."""
        return self.own_label(found) if found.group in self.labels and found.group else label_from_types(found.types)

    def own_label(self, found: Property) -> str:
        """The label that another line of the group gives."""
        self.used.add(found.group)
        return self.labels.get(found.group, "") if found.group else ""

    def group_name(self) -> str:
        """The name of a list of members, as Apple and Nextcloud write it among the people; empty for a person."""
        if not any(found.name in GROUP_KINDS and found.text().strip().lower() == "group" for found in self.properties):
            return ""
        return next((clean_line(self.plain(found))[:80] for found in self.properties if found.name == "FN"), "") or "Without a name"

    def keep_unused_labels(self) -> None:
        """A label whose group names nothing that could carry it."""
        for group, label in self.labels.items():
            if group not in self.used or not group:
                self.builder.add_extra("Label", label)


def read_cards(cards: list[RawCard], region: str) -> Batch:
    """Read cards one by one; a card that holds nothing to know a person by is reported and left out."""
    made, problems = [], []
    for raw in cards:
        card = _Card(raw, region)
        if group := card.group_name():
            problems.append(Problem(line=raw.line, reason=f"“{group}” is a group and not a person: it was left out.", lost=True))
            continue
        for found in card.properties:
            _take(card, found)
        card.keep_unused_labels()
        if result := card.builder.build():
            made.append(result)
        elif not card.builder.problems or not any(problem.lost for problem in card.builder.problems):
            card.builder.report("The card is empty.", lost=True)
        problems.extend(card.builder.problems)
    return Batch(cards=tuple(made), problems=tuple(problems), records=len(cards))


def _take(card: _Card, found: Property) -> None:
    """Put one property where it belongs; an unknown one goes to ``extra``."""
    builder, name = card.builder, found.name
    if name in TECHNICAL:
        return
    if name in _POINTS or name in SOCIAL:
        _take_point(card, found)
    elif name in PLAIN:
        builder.set(PLAIN[name], card.plain(found))
    elif name in _TAKERS:
        _TAKERS[name](card, found)
    elif found.encoding in {"b", "base64"} and name != "KEY":
        builder.report(f"The {name.lower()} inside the card was left out: only a photo is taken.")
    else:
        types = label_from_types(found.types)
        base = EXTRA_NAMES.get(name, name)
        own = card.own_label(found)
        builder.add_extra(own[:1].upper() + own[1:] or (f"{base} ({types})" if types else base), _readable(card.plain(found)))


def _take_point(card: _Card, found: Property) -> None:
    name, value = found.name, card.plain(found).strip()
    kind: PointKindName = _POINTS.get(name, "social")
    if not value:
        return
    label = card.label(found)
    preferred = "pref" in found.types or (found.params.get("PREF") or [""])[0] == "1"
    if card.own:
        card.builder.add_point(kind, value, label, primary=preferred)
        return
    if value.lower().startswith(("mailto:", "tel:")):
        value = unquote(value.partition(":")[2])
        if kind == "phone":
            value = re.sub(r";ext=", " ext. ", value, flags=re.IGNORECASE).partition(";")[0]
    if kind == "social":
        label = SOCIAL.get(name) or label
        label = label if found.group in card.labels or name not in {"IMPP", "X-SOCIALPROFILE"} else _service(found, value) or label
        value = re.sub(r"^(x-apple|aim|xmpp|skype|ymsgr|icq|msnim|gtalk|sip):", "", value, flags=re.IGNORECASE)
    card.builder.add_point(kind, value, label, primary=preferred)


def _service(found: Property, value: str) -> str:
    """Which network a profile belongs to, from its parameters or its scheme."""
    named = next((found.params[key][0] for key in ("X-SERVICE-TYPE", "SERVICE-TYPE") if found.params.get(key)), "")
    scheme = value.partition(":")[0] if re.match(r"[a-z]{2,12}:(?!//)", value, re.IGNORECASE) else ""
    return (named or scheme or next(iter(found.types), "")).replace("x-apple", "").strip()


def _readable(text: str) -> str:
    """A structured leftover without its separators."""
    return text.strip().strip(";").replace(";", "; ") if re.search(r";\S", text) and "<" not in text else text


def _take_name(card: _Card, found: Property) -> None:
    for index, value in enumerate(card.structured(found, " ")):
        if index < len(_NAME_PARTS):
            card.builder.set(_NAME_PARTS[index], value)
        else:
            card.builder.add_extra("Name", value)


def _take_organisation(card: _Card, found: Property) -> None:
    company, *units = card.structured(found, ", ")
    card.builder.set("company", company)
    for unit in filter(None, units):
        card.builder.add_extra("Department", unit)


def _take_address(card: _Card, found: Property) -> None:
    parts = dict(zip(_ADDRESS_PARTS, card.structured(found, ", "), strict=False))
    street = "\n".join(filter(None, (parts.pop("box", ""), parts.pop("extended", ""), parts.pop("street", ""))))
    card.builder.add_address(card.label(found), {**parts, "street": street}, primary="pref" in found.types)


def _take_birthday(card: _Card, found: Property) -> None:
    text = card.plain(found)
    if omitted := found.params.get("X-APPLE-OMIT-YEAR"):
        text = re.sub(rf"^{re.escape(omitted[0])}", "0000", text.strip())
    card.builder.set_birthday(text)


def _take_tags(card: _Card, found: Property) -> None:
    tags = [card.unescape(part).strip() for part in (found.text().split(",") if card.version == "2.1" else card.parts(found, ","))]
    card.builder.add_tags([tag for tag in tags if tag.lower() not in _SYSTEM_GROUPS])


def _take_nickname(card: _Card, found: Property) -> None:
    card.builder.set("nickname", ", ".join(filter(None, (card.unescape(part).strip() for part in card.parts(found, ",")))))


def _take_language(card: _Card, found: Property) -> None:
    if card.builder.values.get("language"):
        card.builder.add_extra("Language", card.plain(found))
    else:
        card.builder.set("language", card.plain(found))


def _take_photo(card: _Card, found: Property) -> None:
    take_photo(card.builder, found, card.plain(found))


def _take_own(card: _Card, found: Property) -> None:
    """What our own export adds: fields that the standard has no name for, and other fields by their own name."""
    value = card.plain(found)
    if found.name == "X-MINDFULCRM-FIELD":
        card.builder.add_extra((found.params.get("X-LABEL") or ["Other"])[0], value)
    elif found.name == "X-MINDFULCRM-FAVOURITE":
        card.builder.set_favourite()
    else:
        card.builder.set(OWN[found.name], value)


_TAKERS: dict[str, Callable[[_Card, Property], None]] = {
    "N": _take_name, "ORG": _take_organisation, "ADR": _take_address, "BDAY": _take_birthday, "CATEGORIES": _take_tags,
    "NICKNAME": _take_nickname, "LANG": _take_language, "PHOTO": _take_photo, "X-MINDFULCRM-FIELD": _take_own,
    "X-MINDFULCRM-FAVOURITE": _take_own, **dict.fromkeys(OWN, _take_own),
}  # fmt: skip
