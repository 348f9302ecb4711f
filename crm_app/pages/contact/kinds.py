"""What the middle of the record can show, one tab for each."""

from __future__ import annotations

from crm_app.domain.i18n import _
from crm_app.domain.interactions.models import Kind

GOALS, FILES, MEETINGS = "goals", "files", Kind.MEETING.value


def kind_tabs() -> dict[str, str]:
    """The tabs beside the timeline by their names in the address."""
    return {
        "note": _("Notes"), "call": _("Calls"), "meeting": _("Meetings"), "message": _("Messages"), "email": _("Emails"), "class_attendance": _("Classes"),
        GOALS: _("Goals"), FILES: _("Files"),
    }  # fmt: skip
