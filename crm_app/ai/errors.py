"""What can go wrong between us and a model. Each has a sentence for people; what a provider said is for the log alone."""

from __future__ import annotations

from crm_app.domain.errors import Unavailable


class AiError(Unavailable):
    """A model gave no answer that can be used. ``may_retry``: the same question may do better later; ``other_model``: another model may."""

    may_retry = False
    other_model = True


class ModelBusy(AiError):
    """The provider wants to be asked less often."""

    may_retry = True


class ModelDown(AiError):
    """Nobody answered, or not in time."""

    may_retry = True


class KeyRefused(AiError):
    """The provider does not know the key, or its account has no credit."""


class TooLong(AiError):
    """More was asked than the model can read at once."""


class AnswerRefused(AiError):
    """The provider declined to answer that."""


class BadAnswer(AiError):
    """What came does not have the form that was asked for, also after it was asked to mend it."""


class NoSuchModel(AiError):
    """The provider knows no model of that name, or it cannot do what was asked."""
