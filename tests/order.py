"""In which order the files run: what takes longest first.

Two workers take one file after the other. By itself pytest-xdist begins with the files of many tests, so that those of few and long ones
(a browser, a server, a database that is killed) came last, and one worker went on for minutes while the other had nothing left to do.
"""

from __future__ import annotations

from collections import Counter

import pytest

# Files of fifteen seconds and more, the longest first, and of six where their tests are so few and long that they would come last. A name too many
# or too few costs seconds, never a test; a guard knows of names that are gone.
LONGEST = (
    "tests/e2e/test_axe.py", "tests/security/test_ws_08.py", "tests/e2e/test_assistant.py", "tests/security/test_rights.py", "tests/components/test_browser.py",
    "tests/e2e/test_tasks.py", "tests/e2e/test_people.py", "tests/security/test_canaries.py", "tests/e2e/test_crawler.py", "tests/security/test_fuzz.py",
    "tests/cli/test_bad_days.py", "tests/infrastructure/test_archive.py", "tests/security/test_page_rights.py", "tests/infrastructure/test_major_upgrade.py",
    "tests/security/test_tok_crawl.py", "tests/ai/test_llm_08.py", "tests/security/test_xss_in_chromium.py", "tests/pages/test_tasks.py",
    "tests/security/test_ws_floods.py", "tests/infrastructure/test_embedded_postgres.py", "tests/infrastructure/test_backup.py", "tests/domain/mail/test_limits.py",
    "tests/domain/imports/test_hostile_files.py", "tests/providers/imap/test_rel_08.py", "tests/cli/test_sync_command.py", "tests/security/test_mail_in_chromium.py",
    "tests/security/test_walk.py", "tests/e2e/test_story.py", "tests/e2e/test_load.py", "tests/security/test_llm_01.py", "tests/providers/test_rel_08.py",
    "tests/web/test_plain_pages.py", "tests/e2e/test_calendar.py", "tests/e2e/test_mail.py", "tests/e2e/test_keyboard.py",
    "tests/infrastructure/test_backup_schedule.py", "tests/jobs/test_mail_killed.py", "tests/cli/test_cli.py", "tests/providers/imap/test_imap.py",
    "tests/pages/test_import.py", "tests/e2e/test_team.py", "tests/components/test_calendar_browser.py", "tests/ai/test_embedding_elsewhere.py",
    "tests/cli/test_keys.py", "tests/pages/test_record.py", "tests/jobs/test_reminders.py", "tests/infrastructure/test_database.py", "tests/security/test_ws.py",
    "tests/domain/test_calendar_reading.py", "tests/security/test_injection.py", "tests/providers/caldav/test_caldav.py", "tests/pages/test_settings.py",
    "tests/e2e/test_notifications.py", "tests/domain/test_mail_oracle.py", "tests/e2e/test_morning.py", "tests/e2e/test_reading_mail.py",
    "tests/e2e/test_add_sheet.py", "tests/providers/ics/test_stateful.py", "tests/jobs/test_import_job.py", "tests/e2e/test_connections.py",
    "tests/jobs/test_sync_killed.py", "tests/cli/test_restore_drill.py", "tests/domain/test_consents_oracle.py", "tests/jobs/test_delegations_killed.py",
    "tests/cli/test_ask_command.py", "tests/pages/test_clocks.py", "tests/domain/test_landing_oracle.py", "tests/components/test_mentions_browser.py",
    "tests/domain/test_schema.py", "tests/jobs/test_gmail_killed.py", "tests/security/test_llm_02.py", "tests/infrastructure/test_migrations_killed.py",
)  # fmt: skip


def longest_first(items: list[pytest.Item]) -> None:
    """Put the longest files first, then the others by how many tests they have. Tests of one file keep their order."""
    tests = Counter(_file(item) for item in items)
    rank = {file: place for place, file in enumerate(LONGEST)}
    items.sort(key=lambda item: (rank.get(_file(item), len(rank)), -tests[_file(item)]))


def _file(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]
