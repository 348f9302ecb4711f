"""Where Google answers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Google's own addresses, unless somebody stands in for it."""

    sign_in: str = "https://accounts.google.com/o/oauth2/v2/auth"
    token: str = "https://oauth2.googleapis.com/token"  # noqa: S105  an address
    revoke: str = "https://oauth2.googleapis.com/revoke"
    person: str = "https://openidconnect.googleapis.com/v1/userinfo"
    calendars: str = "https://www.googleapis.com/calendar/v3"
    mail: str = "https://gmail.googleapis.com/gmail/v1/users/me"
    people: str = "https://people.googleapis.com/v1"
    drive: str = "https://www.googleapis.com/drive/v3"


GOOGLE = Endpoints()
