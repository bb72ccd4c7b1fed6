"""Senders that are no people: mail servers' own addresses, and addresses that nobody reads."""

import re
from dataclasses import dataclass

from channels.contract import Sender
from channels.email.headers import Headers
from channels.email.mime import Part
from channels.email.parameters import Parametrised

_NEGATIVE = frozenset({"", "no", "none", "false", "0"})
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


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a mail comes from, as far as it says so itself.

    `names` are the names of its header fields; `mail_from` is the envelope's sender, None where
    there was no envelope.
    """

    headers: Headers
    names: frozenset[str]
    content_type: Parametrised
    author: Sender
    mail_from: str | None

    @classmethod
    def of(cls, root: Part, author: Sender, mail_from: str | None) -> "Origin":
        names = frozenset(name for name, _ in root.headers.fields)
        return cls(root.headers, names, root.content_type, author, mail_from)

    @property
    def has_null_sender(self) -> bool:
        """Whether the envelope names nobody, as reports and answers do (RFC 5321 section 4.5.5)."""
        if self.mail_from in {"", "<>"}:
            return True
        return "return-path" in self.names and self.headers.raw("return-path").strip() == b"<>"

    @property
    def is_daemon(self) -> bool:
        """Whether a mail server itself is named as the author or as the envelope's sender."""
        name = self.author.name or ""
        return bool(
            _DAEMON.match(self.author.address)
            or _DAEMON_NAME.match(name)
            or _DAEMON.match(name.lower())
            or ("return-path" in self.names and _DAEMON.match(self._return_path()))
        )

    def _return_path(self) -> str:
        return self.headers.text("return-path")[:400].strip().lstrip("<").lower()

    @property
    def is_unread(self) -> bool:
        """Whether the author's address says that nobody reads what is sent there."""
        return is_unread_address(self.author.address)

    def says(self, name: str) -> str:
        """Return the value of a field in lower case, "" where it says no or is not there."""
        if name not in self.names:
            return ""
        value = self.headers.parametrised(name).value
        return "" if value in _NEGATIVE else value


def is_unread_address(address: str) -> bool:
    """Whether a mail address, in lower case, says that nobody reads what is sent there."""
    return bool(_UNREAD.match(address))
