"""Senders that are no people: mail servers' own addresses, and addresses that nobody reads."""

import re

from channels.email.headers import Headers
from channels.email.mailboxes import parse_mailboxes

_DAEMON = re.compile(
    r"(?:mail|mailer|mail[._-]?delivery)?[._-]?daemon\b|postmaster\b|mail[._-]delivery[._-]s"
    r"|double-bounce@|mdaemon|mmdf@"
)
_DAEMON_NAME = re.compile(
    r"mail(?:er)?[ -]*daemon|mail deliver|mail administrator|post ?master\b|system administrator"
    r"|mail (?:transfer|transport) |mail system|delivery (?:sub)?system|\bndr\b"
    r"|microsoft (?:outlook|exchange)$",
    re.IGNORECASE,
)
_UNREAD = re.compile(
    r"(?:no[._-]?reply|do[._-]?not[._-]?reply|nobody|root|sys(?:tem)?-?admin|administrator)\b"
)


def has_null_sender(headers: Headers, mail_from: str | None) -> bool:
    """Whether answers would go nowhere (RFC 5321 section 4.5.5): reports and automatic answers."""
    return mail_from in {"", "<>"} or headers.raw("return-path").strip() == b"<>"


def is_daemon(headers: Headers) -> bool:
    """Whether the mail names a mail server itself as its author or its envelope's sender."""
    path = headers.text("return-path")[:400].strip().lstrip("<").lower()
    author = parse_mailboxes(headers.raw("from"))[:1]
    return bool(_DAEMON.match(path)) or any(
        _DAEMON.match(each.address)
        or (each.name and (_DAEMON_NAME.match(each.name) or _DAEMON.match(each.name.lower())))
        for each in author
    )


def is_unread(headers: Headers) -> bool:
    """Whether the author's address says that nobody reads what is sent there."""
    return any(_UNREAD.match(each.address) for each in parse_mailboxes(headers.raw("from"))[:1])
