"""What a trusted mail server found out about a mail's origin: Authentication-Results (RFC 8601)."""

import re

from channels.email.charsets import decode
from channels.email.headers import Headers
from channels.email.words import unfold

RESULTS = {
    "spf": ("pass", "fail", "softfail", "neutral", "none", "policy", "temperror", "permerror"),
    "dkim": ("pass", "fail", "neutral", "none", "policy", "temperror", "permerror"),
    "dmarc": ("pass", "fail", "none", "bestguesspass", "temperror", "permerror"),
}
"""The methods that are kept, and their results (RFC 8601 section 2.7, RFC 7489 section 11.2)."""

_MAX_RESULTS = 50
_COMMENT = re.compile(r"\([^()]*\)|\"[^\"]*\"")
_RESULT = re.compile(r"\s*([\w-]{1,40})(?:\s*/\s*\d{1,9})?\s*=\s*([\w-]{1,40})", re.ASCII)


def read_authentication(headers: Headers, trusted: frozenset[str]) -> dict[str, str]:
    """Return the verdicts by method, of the servers named in `trusted` and of no others.

    Anybody can write such a field: a server that is trusted removes those that carry its own name
    (RFC 8601 section 5). Of several the topmost counts, and within it one signature that passes.
    """
    verdicts: dict[str, str] = {}
    if not trusted:
        return verdicts
    for name, value in headers.fields:
        if name == "authentication-results":
            told = _verdicts(decode(unfold(value)), trusted)
            verdicts = told | verdicts
    return verdicts


def trusted_servers(setting: str | None) -> frozenset[str]:
    """Read the setting `trusted_authserv`: identifiers of servers, separated by commas."""
    names = (setting or "").split(",")
    return frozenset(name.strip().lower() for name in names if name.strip())


def _verdicts(value: str, trusted: frozenset[str]) -> dict[str, str]:
    identifier, _, results = _COMMENT.sub(" ", value).partition(";")
    if not trusted.intersection(identifier.lower().split()[:1]):
        return {}
    verdicts: dict[str, str] = {}
    for text in results.split(";", _MAX_RESULTS)[:_MAX_RESULTS]:
        found = _RESULT.match(text)
        if found is None:
            continue
        method, result = found[1].lower(), found[2].lower()
        if result in RESULTS.get(method, ()) and verdicts.get(method) != "pass":
            verdicts[method] = result
    return verdicts
