"""Bounces in words: the addresses that a mail server's notice says it could not reach.

There is no standard for them. What servers share is the form: an address leads a line, or follows a
label, and what the other side said stands beside or below it; then comes the mail itself.
"""

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import pairwise

from channels.email.delivery_status import (
    MAX_DETAIL,
    MAX_RECIPIENTS,
    RecipientStatus,
    addresses_in,
)
from channels.email.status_codes import inferred_code, is_general, stated_code
from channels.text import one_line

MAX_NOTICE = 30_000
"""Characters of a notice that are read."""

_MAX_LINE = 1_000
_SEPARATOR = re.compile(
    r"^[ \t>*#|]*(?:[-=_]{2,}[ \t]*|\[)?(?:"
    r"(?:this|included|below|below this line|here|following) is (?:a |the )?"
    r"(?:copy|headers?|original|returned|undelivered)\b[^\n]{0,60}"
    r"|(?:the )?(?:header of the )?(?:original|returned|unsent|undelivered|rejected|failed)"
    r" (?:message|mail|e-?mail)(?: headers?| text| content)?(?: is)?"
    r"(?: follows| following| attached| below)?[ \t]*[:.\-=_]{0,80}"
    r"|message (?:headers?(?: follows?)?|text follows)[ \t]*[:.\-=_]{0,80}\|?"
    r"|(?:received: (?:from|by|\(|with)|x-received:|return-path:|dkim-signature:|arc-seal:)[^\n]*"
    r")\]?[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_LABELLED = re.compile(
    r"(?:^|\b)(?:recipients?(?: address)?|address(?:es)?|addressee|rcpt to|delivered to"
    r"|deliver(?:y)?(?: your| the)? (?:mail|message|e-?mail)? ?to|message to|mail to|e-?mail to"
    r"|reach|for|user|mailbox|allowed size|full|to|an|pour|para|per|voor|till"
    r"|destinatario|destinataire|empfänger|destinatário|mottagare|ontvanger|adresat"
    r"|modtager|mottaker|utilizator|宛先|收件人|받는 사람)"
    r"""[ \t]*[:=]?[ \t]*["'<(\[*]{0,2}$""",
    re.IGNORECASE,
)
_NO_RECIPIENT = re.compile(
    r"(?:mail from|envelope-from|envelope sender|from|sender|sent by|reply-to|return-path|contact"
    r"|message-id|postmaster at|write to|von|absender|mittente|expéditeur|remitente)"
    r"""[ \t]*[:=]?[ \t]*["'<(\[*]{0,2}$""",
    re.IGNORECASE,
)
_BULLETS = " \t<>*-\"'([#\u2022"
_SERVICE = re.compile(r"(?:mailer-?daemon|postmaster|abuse|hostmaster|no-?reply|double-bounce)@")
_REPLY_LINE = re.compile(r"(?<![\d.])[45][0-7]\d[ \-]|(?<![\d.])[45]\.\d{1,3}\.\d{1,3}")
_FIELDS = re.compile(r"^[ \t>]*(?:final|original)-recipient[ \t]*:", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Mention:
    """An address in a notice: which line, where the line's words about it begin, how telling."""

    address: str
    line: int
    strength: int


def own_words(text: str) -> str:
    """Return a notice without the returned mail that follows it."""
    text = text[:MAX_NOTICE]
    found = _SEPARATOR.search(text)
    return text[: found.start()] if found and text[: found.start()].strip() else text


def returned_text(text: str) -> str:
    """Return the mail that follows a notice in the same text, or nothing."""
    return text[:MAX_NOTICE][len(own_words(text)) :]


def embedded_fields(text: str) -> str:
    """Return a notice's fields of RFC 3464, where it has them as plain text; else nothing."""
    found = _FIELDS.search(text[:MAX_NOTICE])
    if found is None:
        return ""
    group = text.rfind("\n\n", 0, found.start())
    return text[max(group, 0) : MAX_NOTICE].strip("\n")


def read_notice(
    notice: str, *, others: AbstractSet[str], named: tuple[str, ...], is_delayed: bool
) -> list[RecipientStatus]:
    """Read who could not be reached, and why.

    `others` are addresses that are no recipients: those of the notice itself. `named` are the
    recipients where they are known already (`X-Failed-Recipients`).
    """
    lines = [line[:_MAX_LINE] for line in notice.split("\n")]
    mentions = _mentions(lines, others)
    if named:
        wanted = dict.fromkeys(named)
        chosen = [mention for mention in mentions if mention.address in wanted]
        known = {mention.address for mention in chosen}
        missing = [_Mention(address, 0, 0) for address in wanted if address not in known]
        return _statuses(lines, [*missing, *chosen], is_delayed=is_delayed)
    strongest = max((mention.strength for mention in mentions), default=0)
    chosen = [mention for mention in mentions if mention.strength == strongest]
    return _statuses(lines, chosen, is_delayed=is_delayed)


def _mentions(lines: list[str], others: AbstractSet[str]) -> list[_Mention]:
    found = (mention for number, line in enumerate(lines) for mention in _of_line(number, line))
    return [
        mention
        for mention in found
        if mention.address not in others and not _SERVICE.match(mention.address)
    ][: 4 * MAX_RECIPIENTS]


def _of_line(number: int, line: str) -> Iterator[_Mention]:
    if "@" not in line:
        return
    for address, start in addresses_in(line):
        before = line[:start]
        if not _NO_RECIPIENT.search(before[-60:]):
            yield _Mention(address, number, _strength(line, before))


def _strength(line: str, before: str) -> int:
    """Return how surely an address is the one that was not reached, from 1 to 4."""
    if not before.strip(_BULLETS):
        return 4
    if _LABELLED.search(before[-60:]):
        return 3
    return 2 if _REPLY_LINE.search(line) else 1


def _statuses(
    lines: list[str], mentions: list[_Mention], *, is_delayed: bool
) -> list[RecipientStatus]:
    """Return a status per address, from its own lines: those up to the next address's."""
    first = {mention.address: mention.line for mention in reversed(mentions)}
    addresses = list(dict.fromkeys(mention.address for mention in mentions))[:MAX_RECIPIENTS]
    starts = sorted(set(first.values()))
    ends = dict(pairwise([*starts, len(lines)]))
    whole = "\n".join(lines)
    return [
        _status(
            address,
            whole if len(addresses) == 1 else "\n".join(lines[start : ends[start]]),
            is_delayed=is_delayed,
        )
        for address in addresses
        for start in (first[address],)
    ]


def _status(address: str, words: str, *, is_delayed: bool) -> RecipientStatus:
    stated = stated_code(words)
    code = inferred_code(words, is_delayed=is_delayed) if is_general(stated) else stated
    return RecipientStatus(
        address=address,
        action="delayed" if is_delayed else "failed",
        status=code,
        detail=_detail(words),
    )


def _detail(words: str) -> str:
    """Return what was said about an address: from the server's reply on, where there is one."""
    reply = _REPLY_LINE.search(words)
    return one_line(words[reply.start() :] if reply else words, MAX_DETAIL)
