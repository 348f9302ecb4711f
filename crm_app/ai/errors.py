"""What can go wrong between us and a model. Each has a sentence for people; what a provider said is for the log alone, and that without its words."""

from __future__ import annotations

from crm_app.domain.errors import Unavailable
from crm_app.domain.i18n import _


class AiError(Unavailable):
    """A model gave no answer that can be used. ``may_retry``: the same question may do better later; ``other_model``: another model may.

    ``word`` names the kind in the ledger and the log. Without a ``message`` the kind's own sentence stands. ``wait`` is how many seconds
    the provider wants to be left alone, if it said so; ``maybe_charged`` when it may have worked on the question although nothing came.
    """

    word = "failed"
    may_retry = False
    other_model = True

    def __init__(self, message: str = "", *, wait: float | None = None, maybe_charged: bool = False) -> None:
        super().__init__(message or self.sentence())
        self.wait, self.maybe_charged = wait, maybe_charged

    def sentence(self) -> str:
        """What a person reads about this kind."""
        return _("The model gave no answer that can be used. Try again in a moment.")


class ModelBusy(AiError):
    """The provider wants to be asked less often."""

    word, may_retry = "busy", True

    def sentence(self) -> str:
        """What a person reads about this kind."""
        return _("The model is asked too often just now. Try again in a minute.")


class ModelDown(AiError):
    """Nobody answered, or not in time, or the answer broke off."""

    word, may_retry = "down", True

    def sentence(self) -> str:
        """What a person reads about this kind."""
        return _("The model does not answer just now. Try again in a minute.")


class KeyRefused(AiError):
    """The provider does not know the key, or its account has no credit."""

    word = "key_refused"

    def sentence(self) -> str:
        """What a person reads about this kind."""
        return _("The provider of the model does not take the key, or its account has no credit left. Whoever set it up can look at it in Settings.")


class HungUp(AiError):
    """Whoever asked gave up before the answer was there."""

    word, other_model = "stopped", False

    def sentence(self) -> str:
        """What a person reads about this kind."""
        return _("This was stopped before it was answered.")


class TooLong(AiError):
    """More was asked than the model can read at once."""

    word = "too_long"

    def sentence(self) -> str:
        """What a person reads about this kind."""
        return _("That is more than the model can read at once. Ask about less.")


class AnswerRefused(AiError):
    """The provider declined to answer that."""

    word = "declined"

    def sentence(self) -> str:
        """What a person reads about this kind."""
        return _("The model declined to answer that.")


class BadAnswer(AiError):
    """What came does not have the form that was asked for, also after it was asked to mend it."""

    word = "bad_answer"

    def sentence(self) -> str:
        """What a person reads about this kind."""
        return _("The model answered in a form that cannot be used. Try again, or choose another model.")


class NoSuchModel(AiError):
    """The provider knows no model of that name, or it cannot do what was asked."""

    word = "no_such_model"

    def sentence(self) -> str:
        """What a person reads about this kind."""
        return _("The provider does not offer this model, or the model cannot do that. Choose another one in Settings.")


class NotReachable(AiError):
    """The gate does not let us go there: no address that may be asked, or one inside this network that nobody has opened."""

    word = "not_reachable"

    def sentence(self) -> str:
        """What a person reads about this kind."""
        return _("The address of the model may not be reached from here. Whoever runs this deployment can open it.")
