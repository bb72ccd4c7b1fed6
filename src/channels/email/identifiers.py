"""Message identifiers (RFC 5322 section 3.6.4) without their brackets."""

import hashlib
import re

from channels.email.charsets import decode
from channels.email.words import unfold
from channels.text import clean

MAX_IDENTIFIER = 300
"""Characters of one identifier; a longer one is replaced by its digest."""

MAX_REFERENCES = 50
"""How many identifiers of `References` are kept: the newest."""

_BRACKETED = re.compile(r"<([^<>]+)>")
_BARE_END = re.compile(r"[\s<>,;\"()]+")


def parse_identifiers(raw: bytes) -> tuple[str, ...]:
    """Return the identifiers of a header in order, each once, the newest `MAX_REFERENCES`."""
    text = decode(unfold(raw))
    found = _BRACKETED.findall(text) or [word for word in _BARE_END.split(text) if "@" in word]
    identifiers = (bounded("".join(clean(each).split())) for each in found)
    return tuple(dict.fromkeys(each for each in identifiers if each))[-MAX_REFERENCES:]


def parse_message_id(raw: bytes) -> str | None:
    """Return the identifier of `Message-ID`; one without brackets or `@` counts as well."""
    found = parse_identifiers(raw)
    if found:
        return found[0]
    return bounded("".join(clean(decode(unfold(raw))).split()).strip("<>")) or None


def bounded(identifier: str, limit: int = MAX_IDENTIFIER) -> str:
    """Return an identifier of at most `limit` characters that is as unique as the given one."""
    if len(identifier) <= limit:
        return identifier
    return "sha256:" + hashlib.sha256(identifier.encode()).hexdigest()
