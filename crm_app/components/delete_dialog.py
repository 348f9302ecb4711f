"""What goes to the trash, listed before it goes."""

from __future__ import annotations

from crm_app.components.dialog import confirm
from crm_app.components.words import people
from crm_app.domain.contacts.schemas import DeletePreview
from crm_app.domain.i18n import _, ngettext


async def confirm_delete(preview: DeletePreview) -> bool:
    """Ask before contacts go, with all that goes along; the number must be typed when it is more than one."""
    goes = [
        ngettext("%d note, call or other entry", "%d notes, calls and other entries", preview.interactions) % preview.interactions if preview.interactions else "",
        ngettext("%d task", "%d tasks", preview.tasks) % preview.tasks if preview.tasks else "",
        ngettext("%d file", "%d files", preview.files) % preview.files if preview.files else "",
    ]
    one = preview.contacts == 1
    names = ", ".join(name if len(name) <= 60 else name[:59] + "…" for name in preview.names[:3])
    rest = preview.contacts - len(preview.names[:3])
    sentence = _("This goes to the trash and can be brought back for 30 days.")
    who = names + (_(" and %d more") % rest if rest > 0 else "")
    return await confirm(
        _("Delete %s?") % (names if one else people(preview.contacts)), (sentence if one else f"{who}. {sentence}"), act=_("Delete"),
        goes=[line for line in goes if line], type_this=None if one else str(preview.contacts),
    )
