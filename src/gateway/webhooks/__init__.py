"""Outgoing webhooks: other systems are told what happens, by the log."""
