"""HTML of strangers made harmless, and the text in it. Runs inside the sandbox: a hostile page can keep any cleaner busy.

What is left has no script, no style sheet, no form and no drawing, loads nothing by itself, and is shown in a frame that may run nothing
either. Addresses of pictures elsewhere stay, behind the scheme ``blocked:``, so that a reader can ask for them.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

import nh3

BLOCKED = "blocked:"
TAGS = frozenset(
    "a abbr address article aside b bdi bdo blockquote br caption center cite code col colgroup dd del details dfn div dl dt em figcaption figure font "
    "footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav ol p pre q rp rt ruby s samp section small span strike strong sub summary sup "
    "table tbody td tfoot th thead time tr tt u ul var wbr".split()
)
GONE = frozenset({"script", "style", "title", "noscript", "template", "iframe", "object", "embed", "svg", "math", "select", "textarea", "button", "head"})
_SIZES = {"width", "height", "align", "valign", "bgcolor", "border", "cellpadding", "cellspacing", "colspan", "rowspan", "dir", "lang", "style"}
ATTRIBUTES = {
    "*": {"dir", "lang", "style", "align", "title"},
    "a": {"href"}, "img": {"src", "alt", "width", "height"}, "font": {"color", "size", "face"}, "ol": {"start", "type"}, "li": {"value"},
    **{tag: _SIZES for tag in ("table", "tbody", "thead", "tfoot", "tr", "td", "th", "col", "colgroup")},
}  # fmt: skip
STYLES = frozenset(
    "color background-color text-align text-decoration text-transform font-weight font-style font-size font-family line-height letter-spacing "
    "white-space vertical-align padding padding-top padding-right padding-bottom padding-left margin margin-top margin-right margin-bottom margin-left "
    "border border-top border-right border-bottom border-left border-color border-style border-width border-collapse border-spacing border-radius "
    "width max-width height direction list-style-type".split()
)
_PICTURE = re.compile(r"data:image/(?:png|gif|jpeg|webp);base64,[A-Za-z0-9+/=\s]*", re.I)
_LINK = re.compile(r"(?:https?|mailto|tel):", re.I)
_HIDDEN = re.compile(r"<(script|style)\b", re.I)
_ENDS = {name: re.compile(f"</{name}[^>]{{0,100}}>", re.I) for name in ("script", "style")}
_SPACES = re.compile(r"[ \t\u00a0\u200b\u200c\ufeff\u034f\u00ad]+")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_HOSTILE_STYLE = re.compile(r"url|image|expression|import|[\\@<{}]|/\*", re.I)
_BLOCK = frozenset(
    "address article aside blockquote br dd details div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section table tr ul".split()
)


def clean(html: str) -> str:
    """The harmless rest of a page. Cleaning it again changes nothing."""
    once = _clean(html)
    twice = _clean(once)
    return twice if twice == once or _clean(twice) == twice else ""


def loads_remote(cleaned: str) -> bool:
    """Whether something of it was held back that would come from elsewhere."""
    return f'src="{BLOCKED}' in cleaned


def text_of(cleaned: str) -> str:
    """The words of a cleaned page, a line for each block, without the addresses of its links."""
    words = _Words()
    words.feed(cleaned)
    words.close()
    return tidy("".join(words.pieces))


def without_tags(html: str) -> str:
    """A page's text by the simplest means, for one that keeps the cleaner busy: whatever stands between angle brackets goes."""
    return re.sub(r"<[^<>]{0,2000}>", " ", _without_hidden(html)).replace("<", "&lt;")


def unflowed(text: str, *, joined: bool = False) -> str:
    """Paragraphs that a program broke to fit a width, whole again (RFC 3676); ``joined``: the space before a break is not theirs. Quoted lines stay."""
    pieces: list[str] = []
    runs_on = False
    for line in text.splitlines():
        quoted = line.startswith(">")
        pieces.append(line[line.startswith(" ") :] if runs_on and not quoted else ("\n" + line[line.startswith(" ") :]))
        runs_on = line.endswith(" ") and line != "-- " and not quoted
        if runs_on and joined:
            pieces[-1] = pieces[-1][:-1]
    return "".join(pieces).removeprefix("\n")


def tidy(text: str) -> str:
    """No spaces at the ends of lines, no control characters, and never more than one empty line."""
    lines = [_SPACES.sub(" ", line).strip() for line in _CONTROL.sub("", text).splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _without_hidden(html: str) -> str:
    """Without the contents of scripts and style sheets. Each place is looked at once, however many begin and never end."""
    kept, at = [], 0
    for found in _HIDDEN.finditer(html):
        if found.start() < at:
            continue
        kept.append(html[at : found.start()])
        end = _ENDS[found.group(1).lower()].search(html, found.end())
        if end is None:
            return " ".join(kept)
        at = end.end()
    return " ".join([*kept, html[at:]])


def _clean(html: str) -> str:
    return nh3.clean(
        html, tags=set(TAGS), clean_content_tags=set(GONE), attributes={tag: set(names) for tag, names in ATTRIBUTES.items()}, attribute_filter=_attribute,
        url_schemes={"http", "https", "mailto", "tel", "cid", "data", "blocked"}, url_relative="deny", link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}}, filter_style_properties=set(STYLES), strip_comments=True,
    )  # fmt: skip


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "style":
        return ";".join(rule for rule in value.split(";") if not _HOSTILE_STYLE.search(rule)) or None
    if name == "href":
        return value if _LINK.match(value.strip()) else None
    if name == "src":
        return _picture(value.strip())
    return value


def _picture(source: str) -> str | None:
    lower = source[:12].lower()
    if lower.startswith(("cid:", BLOCKED)):
        return source
    if lower.startswith(("http:", "https:")):
        return BLOCKED + source
    return source if _PICTURE.fullmatch(source) else None


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("p", "blockquote", "h1", "h2", "h3"):
            self.pieces.append("\n\n")
        elif tag == "li":
            self.pieces.append("\n- ")
        elif tag in _BLOCK:
            self.pieces.append("\n")
        elif tag in ("td", "th"):
            self.pieces.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCK and tag not in ("br", "hr", "li"):
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        self.pieces.append(re.sub(r"\s+", " ", data))
