"""Accounts at Google: signing in, and their calendars."""

from crm_app.providers.google.account import GoogleSource, make_source
from crm_app.providers.google.authority import GoogleAuthority, make_authority
from crm_app.providers.google.endpoints import GOOGLE, Endpoints
from crm_app.providers.google.fake import FakeGoogle

__all__ = ["GOOGLE", "Endpoints", "FakeGoogle", "GoogleAuthority", "GoogleSource", "make_authority", "make_source"]
