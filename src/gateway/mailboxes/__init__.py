"""Mailboxes of others, polled by IMAP."""
