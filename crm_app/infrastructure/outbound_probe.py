"""A test of a connection, and all that it tells whoever asks for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum

from crm_app.infrastructure.outbound import Budget, NotTrusted, OutboundError


class Answer(StrEnum):
    """All that somebody who tests a connection learns: an open port, a closed one and one that must not be asked look the same."""

    WORKS = "works"
    SIGN_IN_REFUSED = "sign_in_refused"
    NOT_TRUSTED = "not_trusted"
    NO_ANSWER = "no_answer"


PROBE_SECONDS = 8.0


class SignInRefused(Exception):
    """Raised inside ``probe`` by whatever spoke to the server and was sent away."""


def probe(act: Callable[[Budget], object], *, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep) -> Answer:
    """What came of ``act``, which gets the time it may take. A refusal takes as long as silence does, so that nobody maps our network by it."""
    began = clock()
    try:
        act(Budget(PROBE_SECONDS, clock))
        return Answer.WORKS
    except SignInRefused:
        return Answer.SIGN_IN_REFUSED
    except NotTrusted:
        return Answer.NOT_TRUSTED
    except (OutboundError, OSError):
        sleep(max(0.0, PROBE_SECONDS - (clock() - began)))
        return Answer.NO_ANSWER
