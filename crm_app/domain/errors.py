"""The errors a person may see. Each carries one sentence that is safe to show; everything else is a defect with a reference id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class CrmError(Exception):
    """An expected refusal. ``message`` is a whole sentence for the person who asked."""

    status = 400
    code = "error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(CrmError):
    """The thing is not there, or the asker may not know that it is."""

    status = 404
    code = "not_found"

    def __init__(self, message: str = "That is not here. It may have been deleted, or it belongs to someone else.") -> None:
        super().__init__(message)


class Forbidden(CrmError):
    """Visible, but not allowed."""

    status = 403
    code = "forbidden"


class Conflict(CrmError):
    """Someone else changed it meanwhile; ``current`` holds the values that stand now."""

    status = 409
    code = "conflict"

    def __init__(self, message: str, current: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.current = dict(current or {})


class Invalid(CrmError):
    """The input cannot be taken. ``fields`` maps a field's name to the sentence that stands under it."""

    status = 422
    code = "invalid"

    def __init__(self, message: str = "Some of this needs another look.", fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.fields = dict(fields or {})


class Unavailable(CrmError):
    """Something that we depend on does not answer, or is not fit for use."""

    status = 503
    code = "unavailable"


class BudgetExceeded(CrmError):
    """The call would cost more than what is left."""

    status = 402
    code = "budget_exceeded"


class TooMany(CrmError):
    """It may be done, only not that often; ``wait`` is after how many seconds, None where no time but something else makes room."""

    status = 429
    code = "rate_limited"

    def __init__(self, message: str, wait: int | None = None) -> None:
        super().__init__(message)
        self.wait = wait
