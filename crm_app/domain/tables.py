"""Every table, imported once, so that migrations and tests see the whole schema: a subject's tables stand in its ``models``."""

import pkgutil
from importlib import import_module
from importlib.util import find_spec

from sqlmodel import SQLModel

import crm_app.domain

for _subject in pkgutil.iter_modules(crm_app.domain.__path__, "crm_app.domain."):
    if _subject.ispkg and find_spec(f"{_subject.name}.models"):
        import_module(f"{_subject.name}.models")

metadata = SQLModel.metadata
