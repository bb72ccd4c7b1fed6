"""Signatures: behind "-- " (RFC 3676 section 4.3), and those that devices and mailing lists add."""

import re

from channels.email.quote_languages import DEVICES
from channels.email.quote_lines import Line

_RULES = frozenset("-_=*~#+\u2014\u2013\u2500\u2501")
_DASHES = frozenset({"--", "\u2014", "\u2013"})
_SIGNATURE_LINES = 12
_FOOTER_LINES = 6
_DEVICE_CHARACTERS = 120
_DEVICE = re.compile(
    r"iphon|ipad|ipod|android|samsung|galaxy|blackberry|windows|outlook|mail|mobil|phone|htc"
    r"|nokia|huawei|xiaomi|motorola|pixel|oneplus|sony|tablet|handy|telefon|t\u00e9l\u00e9phone"
    r"|smartphone|device|dispositivo|cellulare|cell|spark|airmail|superhuman|sparrow|proton|\bios\b|\baol\b|tel\u00e9fono"
    r"|\u624b\u673a|\u624b\u6a5f|\u643a\u5e2f|\ud734\ub300|\u90ae\u7bb1|\u043f\u043e\u0447\u0442"
)
_ENGLISH_OWN = ("sent from my ", "from my ", "sent on my ", "sent by my ", "sent via my ")
_CLAUSE = re.compile(r"[,;]|[.!] | (?:is|was|are|were|to|and|because) ")
_EXCUSE = re.compile("excuse|pardon|sorry|apolog|typo|brief|brevity|mistake|error")
_INITIALS = re.compile(r"-\w[\w.]*(?: \w[\w.]*){0,2}")
_CONTACT = re.compile(r"https?://|www\.|\S@\S|mailing list|unsubscribe")


def without_signature(lines: list[Line]) -> list[Line]:
    """Return lines of new text without what signs them: possibly nothing."""
    lines = _without_tail([line for line in lines if not line.is_signature])
    lines = _without_tail(_above_delimiter(lines))
    if _is_signed_by_dash(lines):
        return _without_tail(lines[:-1])
    return lines


def _without_tail(lines: list[Line]) -> list[Line]:
    """Return the lines without blank lines, rules and device signatures at the end."""
    end = len(lines)
    while end and (
        lines[end - 1].is_blank or _is_rule(lines[end - 1].bare) or _is_device(lines[end - 1].bare)
    ):
        end -= 1
    return lines[:end]


def _is_rule(bare: str) -> bool:
    return len(bare) > 1 and bare[0] in _RULES and not bare.strip(bare[0] + " ")


def _is_device(bare: str) -> bool:
    """Recognise "Sent from my iPhone", in any language of the table."""
    if len(bare) > _DEVICE_CHARACTERS:
        return False
    text = bare.casefold().strip('<>()[]*_.!" \t')
    if text.startswith(_ENGLISH_OWN):
        return len(_CLAUSE.split(text, maxsplit=1)) == 1 or _EXCUSE.search(text) is not None
    said = any(
        text.startswith(start) and text.find(rest, len(start)) >= 0 for start, rest in DEVICES
    )
    return said and _DEVICE.search(text) is not None


def _above_delimiter(lines: list[Line]) -> list[Line]:
    """Return what stands above the first delimiter that a short tail follows."""
    for index, line in enumerate(lines):
        if line.bare in _DASHES or (_is_rule(line.bare) and len(line.bare) > 14):
            following = [each.bare for each in lines[index + 1 : index + 60] if each.bare]
            if _is_short(line.bare, following):
                return lines[:index]
    return lines


def _is_short(delimiter: str, following: list[str]) -> bool:
    """Tell whether lines are few; behind another delimiter than `--` they tell an address too."""
    if delimiter == "--":
        return len(following) <= _SIGNATURE_LINES
    return len(following) <= _FOOTER_LINES and any(map(_CONTACT.search, following))


def _is_signed_by_dash(lines: list[Line]) -> bool:
    """Recognise "-Ann" as the last paragraph, unless it ends a list."""
    if len(lines) < 3 or not _INITIALS.fullmatch(lines[-1].bare) or not lines[-2].is_blank:
        return False
    above = next((line for line in reversed(lines[:-1]) if not line.is_blank), None)
    return above is not None and not above.bare.startswith(("-", "*", "\u2022"))
