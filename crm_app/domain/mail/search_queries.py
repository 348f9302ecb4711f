"""Finding threads by words: what their mails are about, what they say, who stands in their heads, and the names of those whom they concern.

Words that stand in many mails fill a page from the latest threads, which are looked into one after the other. Only where they do not, every hit
is gathered along the indexes; row security may use these because their operators are marked leakproof (see ``contacts.search_queries``).
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session, col, select

from crm_app.domain.contacts.models import Contact
from crm_app.domain.contacts.search_queries import written
from crm_app.domain.mail.finding import asked_of_people, asked_of_texts
from crm_app.domain.text import fold

WALKED, PEOPLE = 150, 200
"""The latest threads that are looked into, of one's own and of the team's; contacts of a name."""
# Seen from its estimates alone, the planner reads whole tables where the index answers in a millisecond.
_PREPARE = text("select set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)")
_TEXTS, _NAMES = "to_tsquery('simple', :texts)", "to_tsquery('simple', :names)"
_LINKED = "select l.thread_id from email_contact l where l.contact_id = any(:people) and l.how <> 'removed'"
GATHERED = (
    "with hits as materialized (select e.thread_id from email e where e.id = any(array("  # noqa: S608  names of ours
    f"select s.email_id from email_subject s where s.search_vector @@ {_TEXTS} "
    f"union all select b.email_id from email_body b where b.search_vector @@ {_TEXTS} "
    f"union all select p.email_id from email_party p where p.search_vector @@ {_NAMES})) union all {_LINKED}), "
    "found as materialized (select distinct thread_id from hits) "
)
"""Goes before a statement in which ``IN_GATHERED`` stands. Arrays, since the planner would rather read all mails than look up those that were found."""
IN_GATHERED = "t.id = any(array(select thread_id from found))"
OF_ONE = (
    f"(exists ({_LINKED} and l.thread_id = t.id) or exists (select from email e where e.thread_id = t.id and ("  # noqa: S608  names of ours
    f"exists (select from email_subject s where s.email_id = e.id and s.search_vector @@ {_TEXTS}) "
    f"or exists (select from email_party p where p.email_id = e.id and p.search_vector @@ {_NAMES}) "
    f"or exists (select from email_body b where b.email_id = e.id and b.search_vector @@ {_TEXTS}))))"
)


def find(session: Session, words: str) -> dict[str, Any] | None:
    """What the conditions of this module are asked with; None when there is nothing in these words to look for. Two statements."""
    texts, names = asked_of_texts(words), asked_of_people(words)
    if not texts or not names:
        return None
    session.connection().execute(_PREPARE)
    return {"texts": texts, "names": names, "people": _people(session, words)}


def _people(session: Session, words: str) -> list[UUID]:
    """Contacts in whose names every word stands."""
    tokens = fold(words).split(" ")
    named = [col(Contact.sort_name).contains(token, autoescape=True) for token in tokens]
    return list(session.exec(select(Contact.id).where(written(words, tokens, ""), *named, col(Contact.deleted_at).is_(None)).limit(PEOPLE)).all())
