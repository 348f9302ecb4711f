"""The same process as ``sync_process``, for a mailbox."""

from __future__ import annotations

import sys

from crm_app.providers.imap import fake
from tests.jobs.mail_account import ANN, ME, POISON_HEAD, Mailbox, mail, poison_words
from tests.jobs.sync_process import main

FOLDERS, MAILS, PAGE = ("INBOX", "Sent"), 9, 3


def account(changes: int) -> Mailbox:
    """Two folders with something unreadable in each; then, one by one, mails that come, go and are flagged otherwise."""
    made = Mailbox()
    for number in range(len(FOLDERS) * MAILS):
        folder = FOLDERS[number % 2]
        letter = mail(number, sender=ANN if folder == "INBOX" else ME, to=ME if folder == "INBOX" else ANN)
        made.put(folder, {0: POISON_HEAD, 1: POISON_HEAD, 2: poison_words(number), 4: mail(number, sender="news@shop.example", more=["List-Id: <x>"])}.get(number, letter))
    for number in range(changes):
        folder = FOLDERS[number % 2]
        uids = sorted(made._folders[folder].messages)
        if number % 3 == 0:
            made.remove(folder, uids[3 + number % 4])
        elif number % 3 == 1:
            made.flag(folder, uids[-1 - number % 4], ["\\Seen"] if number % 2 else ["\\Answered"])
        else:
            made.put(folder, mail(f"change-{number}", sender=ANN if folder == "INBOX" else ME, to=ME if folder == "INBOX" else ANN))
    return made


if __name__ == "__main__":
    fake.PAGE = PAGE  # not in account(): the tests call that too, and theirs stays as it is
    main(sys.argv[1], account)
