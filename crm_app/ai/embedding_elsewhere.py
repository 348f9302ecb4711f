"""Texts as vectors by a model of a provider that the team has set up: through the gateway and the meter, under the same limits and the same consent as
everything else that is sent.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from uuid import UUID

from crm_app.ai import calling
from crm_app.ai.tokens import count_text
from crm_app.ai.types import Wish
from crm_app.domain.actor import Actor
from crm_app.domain.ai.features import Feature
from crm_app.domain.ai.selector import MARGIN
from crm_app.domain.errors import Unavailable
from crm_app.domain.i18n import _
from crm_app.domain.jobs.queries import find_owner
from crm_app.domain.meaning.schemas import ChosenModel
from crm_app.domain.unit_of_work import anonymous_work

Vector = tuple[float, ...]
AT_ONCE = 16
"""Passages of one call: with a title each, some six thousand tokens."""
ASK_SECONDS, READ_SECONDS = 6.0, 60.0
"""Whoever searches has the words by then; a text can wait."""
REMEMBERED, REMEMBERED_FOR = 500, 600.0
"""So many questions are not sent again for so many seconds."""


class Questions:
    """What was asked a moment ago, by whom and of which model, so that going back to it is neither sent nor paid again."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, UUID, str], tuple[float, Vector]] = OrderedDict()
        self._lock = Lock()

    def find(self, key: tuple[str, UUID, str]) -> Vector | None:
        """What came of it, as long as that is remembered."""
        with self._lock:
            kept = self._known.get(key)
            return kept[1] if kept and kept[0] > time.monotonic() else None

    def keep(self, key: tuple[str, UUID, str], vector: Vector) -> None:
        """Remember this."""
        with self._lock:
            self._known[key] = time.monotonic() + REMEMBERED_FOR, vector
            self._known.move_to_end(key)
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)

    def forget(self) -> None:
        """Begin anew."""
        with self._lock:
            self._known.clear()


questions = Questions()


class EmbedderElsewhere:
    """See ``crm_app.ai.embedding.Embedder``. Whatever is said of the model at the moment holds for each call: a policy, a limit, a key that is gone.

    Beside ``AiError`` it raises what ``calling.ask`` raises before anything is sent: Unavailable, BudgetExceeded, Forbidden and NotFound.
    """

    local, at_once = False, AT_ONCE

    def __init__(self, chosen: ChosenModel) -> None:
        self.model, self._chosen = chosen.key, chosen

    def ask(self, actor: Actor, text: str) -> Vector:
        """What somebody looks for."""
        said = self._fitting(" ".join(text.split()))
        key = self.model, actor.user_id, said
        known = questions.find(key)
        if known is None:
            known = self._vectors(actor, [said], frozenset(), ASK_SECONDS)[0]
            questions.keep(key, known)
        return known

    def read(self, actor: Actor | None, texts: Sequence[str], contact_ids: frozenset[UUID] = frozenset()) -> list[Vector]:
        """Passages, in their order. What is read for nobody is paid by the owner of the team."""
        whose = actor or self._payer()
        fitting = [self._fitting(text) for text in texts]
        return [
            vector
            for at in range(0, len(fitting), AT_ONCE)
            for vector in self._vectors(whose, fitting[at : at + AT_ONCE], contact_ids, READ_SECONDS)
        ]

    def _vectors(self, actor: Actor, texts: Sequence[str], contact_ids: frozenset[UUID], seconds: float) -> tuple[Vector, ...]:
        wish = Wish(model_id=self._chosen.model_id)
        return calling.embed(actor, Feature.SEARCH, texts, contact_ids=contact_ids, wish=wish, seconds=seconds).vectors

    def _fitting(self, text: str) -> str:
        """As much of it as the model reads at once. No text is empty to a provider."""
        room = max(1, self._chosen.context_tokens - MARGIN)
        while (count := count_text(text)) > room:
            text = text[: max(1, len(text) * room // (count + 1))]
            if len(text) == 1:
                break
        return text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8") or " "

    def _payer(self) -> Actor:
        with anonymous_work() as session:
            payer = find_owner(session, self._chosen.payer) if self._chosen.payer else None
        if payer is None:
            raise Unavailable(_("Nobody owns this team just now, so nobody can pay for what is read."))
        return payer
