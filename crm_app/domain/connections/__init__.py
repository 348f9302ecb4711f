"""Accounts at providers that bring calendars (and later mail) in by themselves."""
