"""Accounts at Google: signing in, their calendars, their contacts, their files, and their mail, which is read and sent."""

from crm_app.providers.google.account import GoogleSource, make_source
from crm_app.providers.google.authority import GoogleAuthority, make_authority
from crm_app.providers.google.drive import GoogleDrive, make_drive
from crm_app.providers.google.endpoints import GOOGLE, Endpoints
from crm_app.providers.google.fake import FakeGoogle
from crm_app.providers.google.letters import GmailSender, make_gmail_sender
from crm_app.providers.google.mailbox import GmailSource, make_gmail
from crm_app.providers.google.people import PeopleSource, make_people

__all__ = [
    "GOOGLE", "Endpoints", "FakeGoogle", "GmailSender", "GmailSource", "GoogleAuthority", "GoogleDrive", "GoogleSource", "PeopleSource", "make_authority",
    "make_drive", "make_gmail", "make_gmail_sender", "make_people", "make_source",
]  # fmt: skip
