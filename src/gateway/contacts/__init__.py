"""Contacts: one person with several addresses, found out by agents and never by a mere name."""
