"""Words such as "2 h ago" that grow older while a page stands open."""

from __future__ import annotations

from crm_app.components.drawn import Drawn
from crm_app.domain.actor import Actor
from crm_app.domain.days import day_begins, today_of
from crm_app.domain.rows import now
from crm_app.domain.times import age_words


class Ages(Drawn, component="vue/ages.js"):
    """Once for each tab: every ``<time>`` that is told as an age is told anew as that passes, by the words and the days of ``actor``."""

    def __init__(self, actor: Actor) -> None:
        super().__init__()
        self.put(now=now().timestamp(), midnight=day_begins(today_of(actor), actor.zone).timestamp(), words=age_words())
