"""Why texts are not read for their meaning just now, as people read it."""

from __future__ import annotations

from crm_app.ai import errors
from crm_app.ai.patience import Resting
from crm_app.domain.i18n import _

_KINDS: tuple[type[errors.AiError], ...] = (
    errors.ModelBusy, errors.ModelDown, errors.KeyRefused, errors.BadAnswer, errors.NoSuchModel, errors.NotReachable, Resting,
)  # fmt: skip


def why_paused(word: str) -> str:
    """The sentence for a word that ``jobs.meaning`` has left."""
    if word == "limit":
        return _("Reading pauses: a limit of what may be spent is reached.")
    if word == "kept_back":
        return _("Reading pauses: what the team or somebody has decided leaves no model that may read.")
    if word == "other_width":
        return _("The model answers otherwise than it did. If that goes on, everything is read anew.")
    kind = next((kind for kind in _KINDS if kind.word == word), errors.AiError)
    return kind().message
