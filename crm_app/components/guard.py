"""What a person sees when something does not work: its own sentence, on the field or as a toast; never an exception's text"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from nicegui import Client, ui

from crm_app.components import feedback
from crm_app.components.draft import Draft
from crm_app.components.live import PageGone
from crm_app.domain.errors import CrmError, Invalid
from crm_app.domain.i18n import _

log = structlog.get_logger(__name__)

SIGNED_OUT = 401


@contextmanager
def telling(form: Draft[Any] | None = None) -> Iterator[None]:
    """Whatever goes wrong inside is told to the person, and what follows inside is left out.

    Use it around the whole of a handler. A signed-out person goes to the sign-in. Inside, the page is the place
    where things happen, since what was clicked may be redrawn, and gone, before the handler ends. Gone before it has come here,
    as by the first half of a double press, it raises PageGone, and nothing is done a second time.
    """
    with _page():
        try:
            yield
        except PageGone:
            pass
        except CrmError as error:
            tell(error, form)
        except Exception as error:  # noqa: BLE001  the edge of the page: a defect becomes one sentence and a log entry
            feedback.toast(defect_sentence(report(error)), kind="bad")


def _page() -> Client:
    slot = ui.context.slot
    try:
        return slot.parent.client
    except RuntimeError:
        raise PageGone from None


def is_news(record: logging.LogRecord) -> bool:
    """For the log of NiceGUI: what was left out since its page or its element had gone is none."""
    return not (record.exc_info and isinstance(record.exc_info[1], PageGone))


def tell(error: CrmError, form: Draft[Any] | None = None) -> None:
    """Show an expected refusal where it belongs."""
    if error.status == SIGNED_OUT:
        to_sign_in()
        return
    if isinstance(error, Invalid) and error.fields and form is not None:
        form.land(error.fields)
        return
    feedback.toast(sentence_of(error), kind="bad")


def sentence_of(error: CrmError) -> str:
    """What a refusal says, whatever fields it is about."""
    sentences = error.fields.values() if isinstance(error, Invalid) and error.fields else [error.message]
    return " ".join(dict.fromkeys(sentences))


def to_sign_in() -> None:
    """Leave for the sign-in page, which is plain and outside of this one."""
    ui.context.client.open("/signin")


def report(error: BaseException) -> str:
    """Log a defect with everything; the reference that is returned stands in the log and on the page."""
    digits = secrets.token_hex(4)
    reference = f"{digits[:4]}-{digits[4:]}"
    log.error("a page's handler failed", reference=reference, exc_info=error)
    return reference


def defect_sentence(reference: str) -> str:
    """What stands on the page when nobody expected the error."""
    return _("That did not work, and it is our fault. What you saved is safe. If it happens again, give whoever runs this server this reference: %s") % reference
