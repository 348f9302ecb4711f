"""What is said of an event in one word; how people meet at it is told from where it says it takes place, and from the links that it bears."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from urllib.parse import urlsplit

_LINK = re.compile(r"https?://[^\s<>\"'()\[\]{}|\\^`]{4,2000}", re.IGNORECASE)
_SERVICES = re.compile(
    r"(^|\.)(zoom\.us|zoomgov\.com|zoom\.com\.cn|meet\.google\.com|hangouts\.google\.com|teams\.microsoft\.(com|us)|teams\.live\.com|teams\.cloud\.microsoft"
    r"|webex\.com|whereby\.com|meet\.jit\.si|8x8\.vc|meet\.goto\.com|gotomeeting\.com|gotomeet\.me|join\.skype\.com|meet\.lync\.com|facetime\.apple\.com"
    r"|chime\.aws|bluejeans\.com|doxy\.me|vsee\.com|video\.simplepractice\.com|meet\.zoho\.(com|eu)|ringcentral\.com|meet\.proton\.me|kmeet\.infomaniak\.com"
    r"|sprechstunde\.online|clickdoc\.de|patientus\.de|redmedical\.de|arztkonsultation\.de|daily\.co|around\.co|livestorm\.co|discord\.gg|bigbluebutton\.org)$"
)
_ROOMS = re.compile(r"(^|\.)(meet|jitsi|bbb|bigbluebutton|video|videocall|conference)\.")
_VIDEO_WORDS = re.compile(
    r"\b(zoom|google meet|teams|webex|skype|facetime|whereby|jitsi|online|video(call|konferenz|gespräch| call)?|virtual|remote)\b", re.IGNORECASE
)
_PHONE_WORDS = re.compile(r"\b(phone|telephone|telefon(at|isch)?|anruf|dial.?in)\b|^tel\b|^call$", re.IGNORECASE)
_NUMBER = re.compile(r"[+(]?\d[\d\s()/.-]{5,24}\d")


class EventStatus(StrEnum):
    """Whether it takes place."""

    CONFIRMED = "confirmed"
    TENTATIVE = "tentative"
    CANCELLED = "cancelled"


class Response(StrEnum):
    """What somebody has answered to an invitation."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    TENTATIVE = "tentative"
    WAITING = "waiting"


class MeetingType(StrEnum):
    """How people meet."""

    IN_PERSON = "in_person"
    VIDEO = "video"
    PHONE = "phone"


def find_links(text: str) -> list[str]:
    """The web addresses in a text, without the signs that ended a sentence after them."""
    return [found.rstrip(".,;:!?") for found in _LINK.findall(text)][:50]


def is_video(link: str, *, known_only: bool = False) -> bool:
    """Whether a link leads into a video call of a service that we know. Not ``known_only``: or of a server that is named like one."""
    try:
        host = (urlsplit(link).hostname or "").lower()
    except ValueError:
        return False
    return bool(_SERVICES.search(host)) or (not known_only and bool(_ROOMS.search(host)))


def video_link(location: str, conferences: Sequence[str], url: str, description: str) -> str:
    """The first link into a video call: where it takes place, what is meant for joining, its own address, its text."""
    stated = [*find_links(location), *(link for link in conferences if link.lower().startswith("http"))]
    return next((link for link in stated if is_video(link)), "") or next((link for link in (url, *find_links(description)) if is_video(link, known_only=True)), "")


def meeting_type(location: str, conferences: Sequence[str], url: str, description: str) -> MeetingType | None:
    """What the location says counts most, since calendars put a video link on every event by themselves; then the links, then a number to call."""
    stated = _of_place(location)
    if stated is not None:
        return stated
    if any(link.lower().startswith("http") for link in conferences) or video_link(location, conferences, url, description):
        return MeetingType.VIDEO
    if any(link.lower().startswith("tel:") for link in (*conferences, url)):
        return MeetingType.PHONE
    return None


def _of_place(location: str) -> MeetingType | None:
    links = find_links(location)
    place = _LINK.sub(" ", location).strip(" ,;-")
    if any(map(is_video, links)):
        return MeetingType.VIDEO
    if not place or place.lower().startswith("http"):
        return None
    if location.strip().lower().startswith("tel:") or _NUMBER.fullmatch(place) or (_PHONE_WORDS.search(place) and (_NUMBER.search(place) or len(place) < 30)):
        return MeetingType.PHONE
    if _VIDEO_WORDS.search(place) and len(place) < 60:
        return MeetingType.VIDEO
    return MeetingType.IN_PERSON
