"""The audit log in sentences."""

from __future__ import annotations

from typing import Final

from crm_app.components import words
from crm_app.domain.audit.schemas import AuditRow
from crm_app.domain.i18n import _, ngettext


def _mark(message: str) -> str:
    return message


_DONE: Final = {
    "account.signed_in": _mark("%(who)s signed in"),
    "account.password_changed": _mark("%(who)s changed their password"),
    "account.password_reset": _mark("%(who)s chose a new password by a link"),
    "account.reset_offered": _mark("%(who)s made a link by which %(whom)s chooses a new password"),
    "token.made": _mark("%(who)s made a key for a program"),
    "token.used": _mark("A key of %(who)s was used"),
    "token.revoked": _mark("%(who)s revoked a key"),
    "team.invited": _mark("%(who)s invited somebody in the role %(role)s"),
    "team.invitation_revoked": _mark("%(who)s withdrew an invitation"),
    "team.joined": _mark("%(whom)s joined the team"),
    "team.role_changed": _mark("%(who)s changed the role of %(whom)s from %(before)s to %(after)s"),
    "team.disabled": _mark("%(who)s disabled %(whom)s"),
    "team.enabled": _mark("%(who)s let %(whom)s in again"),
    "team.handed_on": _mark("%(who)s handed the team on to %(whom)s"),
    "team.changed": _mark("%(who)s changed the team's settings"),
    "team.handed_over": _mark("%(who)s handed things of %(whom)s over to %(heir)s"),
    "connection.made": _mark("%(who)s connected an account"),
    "connection.changed": _mark("%(who)s changed a connected account"),
    "connection.removed": _mark("%(who)s let go of a connected account"),
    "connection.paused": _mark("%(who)s paused a connected account"),
    "connection.resumed": _mark("%(who)s resumed a connected account"),
    "google.client_set": _mark("%(who)s entered the practice's client at Google"),
    "google.client_removed": _mark("%(who)s removed the practice's client at Google"),
    "ai.switched_on": _mark("%(who)s switched AI on"),
    "ai.switched_off": _mark("%(who)s switched AI off"),
    "ai.settings_changed": _mark("%(who)s changed what AI may do"),
    "ai.feature_changed": _mark("%(who)s changed what AI is used for"),
    "ai.provider_added": _mark("%(who)s added a provider of AI models"),
    "ai.provider_changed": _mark("%(who)s changed a provider of AI models"),
    "ai.provider_removed": _mark("%(who)s removed a provider of AI models"),
    "ai.models_added": _mark("%(who)s added AI models"),
    "ai.model_changed": _mark("%(who)s changed an AI model"),
    "ai.model_removed": _mark("%(who)s removed an AI model"),
    "ai.limit_set": _mark("%(who)s changed what may be spent on models"),
    "ai.reach": _mark("%(who)s changed what AI may read of what is kept apart"),
    "consent.given": _mark("%(who)s recorded that a contact agreed to something"),
    "consent.withdrawn": _mark("%(who)s recorded that a contact took consent back"),
    "consent.worded": _mark("%(who)s changed what people agree to"),
    "keys.changed": _mark("Whoever hosts this changed the key that seals stored passwords"),
    "keys.removed": _mark("Whoever hosts this removed older keys that nothing needed any more"),
    "keys.forgotten": _mark("Whoever hosts this removed stored passwords that no key opened any more"),
    "audit.key_changed": _mark("From here on the log is sealed with another secret key"),
}
_ICONS: Final = {
    "account.signed_in": "log-out", "account.signed_out": "log-out", "token": "key-round", "keys": "key-round", "team.invited": "mail", "team.joined": "user-plus",
    "team.disabled": "user-x", "team.enabled": "user-check", "team": "users-round", "contacts.exported": "download", "connection": "plug", "call.refused": "ban",
    "google": "plug", "ai": "sparkles", "consent": "clipboard-check", "account": "lock", "audit": "shield-check",
}  # fmt: skip
KINDS: Final[dict[str, tuple[str, ...]]] = {
    "access": ("account.signed_in", "account.signed_out", "account.password_changed", "account.password_reset", "account.reset_offered"),
    "team": (
        "team.invited", "team.invitation_revoked", "team.joined", "team.role_changed", "team.disabled", "team.enabled", "team.handed_on", "team.changed",
        "team.handed_over",
    ),
    "keys": ("token.made", "token.used", "token.revoked"),
    "exports": ("contacts.exported",),
    "connections": (
        "connection.made", "connection.changed", "connection.removed", "connection.paused", "connection.resumed", "google.client_set", "google.client_removed",
    ),
    "consent": ("consent.given", "consent.withdrawn", "consent.worded"),
    "ai": tuple(action for action in _DONE if action.startswith("ai.")),
}  # fmt: skip


def kinds() -> dict[str, str]:
    """What can be asked for alone."""
    return {
        "": _("Everything"), "access": _("Signing in and out"), "team": _("The team"), "keys": _("Keys for programs"), "exports": _("Exports"),
        "connections": _("Connected accounts"), "consent": _("Consent"), "ai": _("AI"), "refused": _("What was refused"),
    }  # fmt: skip


def sentence(row: AuditRow, heir: str = "") -> str:
    """What happened, as one tells it. ``heir`` is the name of the third person in a hand-over."""
    who, whom = row.actor_name or _("Somebody"), row.subject_name or _("somebody")
    if row.action == "account.signed_in" and row.outcome == "refused":
        return _("A sign-in as %s was refused") % row.subject_name if row.subject_id else _("A sign-in with an unknown address was refused")
    if row.action == "account.signed_out":
        return _signed_out(row, who, whom)
    if row.action == "contacts.exported":
        count = int(row.details.get("contacts", 0))
        said = ngettext("%(who)s exported %(n)s person as %(format)s", "%(who)s exported %(n)s people as %(format)s", count)
        return said % {"who": who, "n": words.number(count), "format": str(row.details.get("format", "")).upper()}
    if row.action == "call.refused":
        return _("%(who)s was not allowed to do something (%(call)s)") % {"who": who, "call": row.details.get("call", "")}
    roles: dict[str, str] = {name: words.role_of(str(row.details[name])) for name in ("role", "before", "after") if name in row.details}
    known = _DONE.get(row.action, "")
    named = {"who": who, "whom": whom, "heir": heir or _("somebody")} | roles
    return _(known) % named if known else f"{who}: {row.action}"


def icon_of(row: AuditRow) -> str:
    """The icon of an entry."""
    if row.outcome == "refused":
        return "ban"
    return _ICONS.get(row.action) or _ICONS.get(row.action.split(".")[0], "activity")


def caption(row: AuditRow) -> str:
    """From where and by which way."""
    ways = {"web": "", "api": _("by the REST interface"), "cli": _("from the terminal"), "job": _("in the background"), "system": _("by itself")}
    return " · ".join(part for part in (*_went(row), row.address, ways.get(row.via, row.via)) if part)


def _went(row: AuditRow) -> list[str]:
    """What a hand-over moved, and the reason that was given for taking private things along."""
    if row.action != "team.handed_over":
        return []
    kinds = [words.things(name, count) for name, count in row.details.items() if isinstance(count, int) and not isinstance(count, bool) and count]
    private = [_("private ones too")] if row.details.get("private") else []
    return [", ".join([*kinds, *private]), str(row.details.get("reason", ""))]


def _signed_out(row: AuditRow, who: str, whom: str) -> str:
    if row.subject == "session":
        return _("%s signed one of their browsers out") % who
    if row.subject_id == row.actor_id:
        return _("%s signed all their other browsers out") % who
    return _("%(who)s signed %(whom)s out everywhere") % {"who": who, "whom": whom}
