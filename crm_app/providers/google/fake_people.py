"""Contacts at Google without a network: people, the account's own labels and sync tokens, as the People API tells them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from crm_app.domain.google.authority import CONTACTS
from crm_app.providers.google.fake import Answer, Asked, FakeGoogle, _Grant, _json

_WHEN_ASKED = {"metadata", "etag", "resourceName"}
_SYSTEM = ("myContacts", "starred", "friends")


class FakePeople(FakeGoogle):
    """``pictures`` are what lies at addresses outside the API."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.page = 1000
        self.people: dict[str, dict[str, Any]] = {}
        self.groups: dict[str, str] = {}
        self.pictures: dict[str, Answer] = {}
        self._log: list[str] = []

    def person(self, number: int, name: str = "", *, before: str = "", **fields: Any) -> str:
        """Write a person as Google would keep them; their name there. ``before`` is the name that they had until now: Google tells of every one they ever had."""
        ref = f"people/c{number}"
        metadata = {"sources": [{"type": "CONTACT", "id": f"{number:x}", "etag": "#x"}], "objectType": "PERSON"}
        given, _space, family = name.partition(" ")
        names = {"names": [{"displayName": name, "givenName": given, "familyName": family, "metadata": {"primary": True}}]} if name else {}
        known = [name for one in (before, ref) if one in self.people for name in self.people[one]["metadata"].get("previousResourceNames", ())]
        self.people.pop(before, None)
        self.people[ref] = {"resourceName": ref, "etag": f"%{self._next()}", "metadata": metadata, **names, **fields}
        if former := [*([before] if before else []), *known]:
            metadata["previousResourceNames"] = former
        self._log.append(ref)
        return ref

    def touch(self, ref: str) -> None:
        """Something of them changed that nobody here asks for: their etag alone is another."""
        self.people[ref]["etag"] = f"%{self._next()}"
        self._log.append(ref)

    def forget(self, ref: str) -> None:
        """A person is deleted over there. Which names they had before is still told."""
        former = {name: value for name, value in self.people[ref]["metadata"].items() if name == "previousResourceNames"}
        self.people[ref] = {"resourceName": ref, "etag": f"%{self._next()}", "metadata": {"deleted": True, "objectType": "PERSON", **former}}
        self._log.append(ref)

    def answer(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Pictures lie elsewhere, and are handed to anybody."""
        if url in self.pictures:
            assert "authorization" not in headers, "no token goes where pictures lie"
            self.asked.append((method, url, {}))
            return self.pictures[url]
        return super().answer(method, url, headers, body)

    def _may(self, grant: _Grant, method: str, path: str) -> bool:
        if path.startswith(urlsplit(self.at.people).path + "/"):
            return CONTACTS in grant.scopes
        return super()._may(grant, method, path)

    def _rest(self, place: str, asked: Asked) -> Answer:
        path = place.removeprefix(urlsplit(self.at.people).path + "/")
        if path == "contactGroups":
            own = [_group(ref, name, "USER_CONTACT_GROUP") for ref, name in self.groups.items()]
            found = [*(_group(name, name, "SYSTEM_CONTACT_GROUP") for name in _SYSTEM), *own]
            return self._paged(place, "contactGroups", found, {"totalItems": len(found)}, asked)
        if path != "people/me/connections":
            return super()._rest(place, asked)
        token = asked.get("syncToken", [""])[0]
        if token and token.split("-")[0] != str(self._epoch):
            reason = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "EXPIRED_SYNC_TOKEN", "domain": "people.googleapis.com"}
            return _json(400, {"error": {"code": 400, "message": "Sync token is expired.", "status": "FAILED_PRECONDITION", "details": [reason]}})
        found = self._asked_for(token, set(asked["personFields"][0].split(",")))
        return self._paged(place, "connections", found, {}, asked, fresh=f"{self._epoch}-{len(self._log)}")

    def _asked_for(self, token: str, fields: set[str]) -> list[dict[str, Any]]:
        touched = dict.fromkeys(self._log[int(token.split("-")[1]) :]) if token else self.people
        found = [self.people[ref] for ref in touched if ref in self.people and (token or not self.people[ref]["metadata"].get("deleted"))]
        return [{name: value for name, value in person.items() if name in fields | _WHEN_ASKED} for person in found]

    def _paged(self, place: str, name: str, found: list[Any], more: dict[str, Any], asked: Asked, fresh: str = "") -> Answer:
        begin, size = int(asked.get("pageToken", ["0"])[0]), min(self.page, int(asked["pageSize"][0]))
        end: dict[str, Any] = {"nextPageToken": str(begin + size)} if begin + size < len(found) else {"nextSyncToken": fresh} if fresh else {}
        total = {"totalItems": len(found), "totalPeople": len(found)} if fresh and "syncToken" not in asked else {}
        some = found[begin : begin + size]
        return self.say(place, {**({name: some} if some else {}), **more, **total, **end}, asked)


def _group(ref: str, name: str, kind: str) -> dict[str, Any]:
    place = ref if ref.startswith("contactGroups/") else f"contactGroups/{ref}"
    return {"resourceName": place, "groupType": kind, "name": name, "formattedName": name, "etag": "x"}
