"""Enhanced status codes (RFC 3463): found in what servers say, and what they mean for us."""

import re

from channels.errors import Failure

# A dotted triple that is no piece of an IP address or a version.
_ENHANCED = re.compile(r"(?<![\w.])([245]\.\d{1,3}\.\d{1,3})(?![\w-])(?!\.\d)")
_AFTER_REPLY = re.compile(r"(?<![\w.])([245])\d\d[ -]+\[?#?(\1\.\d{1,3}\.\d{1,3})(?![\w-])(?!\.\d)")
_REPLY = re.compile(
    r"(?:^|\s|[\[(:#=\"'])([45])[0-7]\d(?=[ \-:,.;\])]|$)"
    r"(?!\.\d)(?! (?:seconds|minutes|hours|days|bytes))"
)
_NOBODY = (
    r"nicht gefunden|unbekannter|introuvable|n'existe pas|inconnu|non trovat|inesistente|sconosciut"
    r"|no existe|no se encontr|desconocid|não existe|não encontrad|desconhecid|niet gevonden"
    r"|onbekende|hittades inte|okänd|findes ikke|finnes ikke|ukendt|ukjent|nie istnieje|nieznan"
    r"|nu există|не найден|не существует|見つかりません|存在しません"
    r"|不存在|找不到|찾을 수 없|존재하지 않"
)
_MEANINGS = {
    "5.2.2": (
        r"(?:mailbox|mail box|account|storage|user|disk|maildir)\b.{0,40}"
        r"(?:\bfull\b|over ?quota|quota|exceed|allowed size)"
        r"|quota (?:exceeded|violation)|over quota|exceeded .{0,30}(?:quota|storage)"
    ),
    "5.3.4": (
        r"(?:message|mail) (?:is )?(?:too (?:big|large|long)|size exceeds)"
        r"|exceeds .{0,30}(?:message|maximum) size|size limit"
    ),
    "5.2.1": (
        r"(?:account|mailbox|user|address) .{0,40}"
        r"(?:disabled|inactive|suspended|deactivated|not active)"
    ),
    "5.1.2": (
        r"(?:host|domain)(?: name)? (?:\S{1,100} )?(?:unknown|not found|does not exist)"
        r"|unknown host|unrouteable|no such domain|bad destination (?:host|system)"
        r"|illegal host|couldn't find any host named|name service error"
        r"|domain .{0,60}couldn't be found"
    ),
    "5.1.1": (
        r"(?:user|recipient|mailbox|account|address|addressee)(?:e?s| name)? .{0,60}"
        r"(?:unknown|not found|doesn't exist|does not exist|not exist|not recognized|not listed"
        r"|unavailable|invalid|no longer)"
        r"|(?:unknown|no such|invalid|bad|illegal|nonexistent|non-existent) .{0,20}"
        r"(?:user|recipient|mailbox|account|address|alias)"
        r"|not a (?:valid|known) (?:user|mailbox|recipient|address)|not our customer"
        r"|no mailbox here|isn't listed|doesn't have a .{0,40}account|" + _NOBODY
    ),
    "5.7.1": (
        r"\bspam\b|blacklist|block(?:ed|ing|list)|denied|policy|not permitted|prohibited"
        r"|rejected as|content rejected|not authori[sz]ed"
    ),
    "5.4.7": (
        r"timed? ?out|timeout|expired|retry time|could not deliver for the last|too long"
        r"|giving up|undelivered after|was aborted after"
    ),
}
_WORDS = {code: re.compile(words, re.IGNORECASE) for code, words in _MEANINGS.items()}
_TEXT = 8_000

_FAILURES = {
    "5.1.1": Failure.BAD_RECIPIENT,
    "5.1.2": Failure.BAD_RECIPIENT,
    "5.1.3": Failure.BAD_RECIPIENT,
    "5.1.6": Failure.BAD_RECIPIENT,
    "5.1.10": Failure.BAD_RECIPIENT,
    "5.2.1": Failure.BAD_RECIPIENT,
    "5.2.2": Failure.REJECTED,
    "5.2.3": Failure.TOO_LARGE,
    "5.3.4": Failure.TOO_LARGE,
    "5.4.7": Failure.UNREACHABLE,
    "5.7.1": Failure.REJECTED,
    "5.7.8": Failure.UNAUTHORISED,
}


def known_failure(code: str) -> Failure | None:
    """Return what an enhanced code says by itself, if it says enough."""
    return _FAILURES.get(code)


def failure_of(code: str) -> Failure:
    """Return why a message that was given up could not be delivered; class 4 might have passed."""
    if code.startswith("4"):
        return Failure.UNREACHABLE if code.startswith("4.4") else Failure.UNAVAILABLE
    return _FAILURES.get(code, Failure.REJECTED)


def is_general(code: str) -> bool:
    """Whether a code says no more than its class: `5.0.0`, or nothing."""
    return not code or code.endswith(".0.0")


def stated_code(text: str) -> str:
    """Return the enhanced code that a server's words hold, most telling first; "" for none."""
    text = text[:_TEXT]
    beside_reply = [found[2] for found in _AFTER_REPLY.finditer(text)]
    alone = _ENHANCED.findall(text)
    failing = [code for code in (*beside_reply, *alone) if not code.startswith("2")]
    return next((code for code in failing if not is_general(code)), failing[0] if failing else "")


def inferred_code(text: str, *, is_delayed: bool) -> str:
    """Return the code that a server's words amount to, where they hold none themselves."""
    text = text[:_TEXT]
    reply = _REPLY.search(text)
    digit = "4" if is_delayed else reply[1] if reply else "5"
    meant = next((code for code, words in _WORDS.items() if words.search(text)), "5.0.0")
    return digit + meant[1:]


def has_reply(text: str) -> bool:
    """Whether a text quotes a server's refusal: an SMTP reply or an enhanced code."""
    text = text[:_TEXT]
    return any(not code.startswith("2") for code in _ENHANCED.findall(text)) or bool(
        _REPLY.search(text)
    )
