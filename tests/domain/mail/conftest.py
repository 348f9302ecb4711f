"""The sandbox that reads mail, and a hand that asks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from crm_app.domain.mail.reading import read_mail
from crm_app.domain.mail.reading_schemas import ReadMail
from crm_app.infrastructure.sandbox import ProcessSandbox


@pytest.fixture(scope="session")
def reader() -> Iterator[ProcessSandbox]:
    with ProcessSandbox() as place:
        yield place


@pytest.fixture
def read(reader: ProcessSandbox) -> Callable[[bytes], ReadMail]:
    return lambda content: read_mail(content, sandbox=reader)
