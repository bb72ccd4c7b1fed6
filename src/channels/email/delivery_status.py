"""Delivery status notifications (RFC 3464): the machine-readable part of a bounce."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from channels.addresses import is_email, normalise_email
from channels.email.headers import MAX_FIELDS, Headers, split_head
from channels.email.status_codes import inferred_code, is_general, stated_code
from channels.email.words import header_text
from channels.text import one_line

MAX_RECIPIENTS = 500
"""How many recipients of one notification are read."""

MAX_DETAIL = 500
"""Characters of a diagnostic that are kept."""

Action = Literal["failed", "delayed", "delivered", "relayed"]
"""What became of a message for one recipient; `relayed` covers expansion to others too."""

_ACTIONS: dict[str, Action] = {
    "failed": "failed",
    "failure": "failed",
    "fail": "failed",
    "delayed": "delayed",
    "deferred": "delayed",
    "delivered": "delivered",
    "relayed": "relayed",
    "expanded": "relayed",
}
_BLANK_LINE = re.compile(rb"(?:\r?\n[ \t]*){2,}")
_NO_PART = r'\s<>()\[\]{};:,"|`\\'
_ADDRESS = re.compile(rf"(?<![^{_NO_PART}])[^{_NO_PART}@]{{1,64}}@[^{_NO_PART}@]{{1,254}}")
_AROUND = ".'*-=/?!"


@dataclass(frozen=True, slots=True)
class RecipientStatus:
    """What a notification says about one recipient.

    `address` may be empty, `status` is an enhanced status code (RFC 3463).
    """

    address: str
    action: Action
    status: str
    detail: str = ""


def read_delivery_status(content: bytes) -> list[RecipientStatus]:
    """Read the fields of a `message/delivery-status` part; groups that name nobody are left out."""
    groups = (split_head(group)[0] for group in _groups(content))
    found = (_recipient(group) for group in groups)
    return [status for status in found if status is not None]


def _groups(content: bytes) -> Iterable[bytes]:
    return _BLANK_LINE.split(content.strip(), MAX_RECIPIENTS)[: MAX_RECIPIENTS + 1]


def _recipient(fields: Headers) -> RecipientStatus | None:
    """Read one group (RFC 3464 section 2.3): the address that we wrote to, where it is told."""
    named = [name for name in _NAMES if name in fields]
    if not named or not {"action", "status"}.intersection(name for name, _ in fields.fields):
        return None
    addresses = (_address(fields.text(name)) for name in named)
    diagnostic = _diagnostic(fields)
    told = stated_code(fields.text("status"))
    action = _action(fields, told)
    return RecipientStatus(
        address=next((address for address in addresses if address), ""),
        action=action,
        status=_status(told, diagnostic, action),
        detail=diagnostic,
    )


_NAMES = ("original-recipient", "final-recipient", "x-actual-recipient", "x-failed-recipient")


def _address(value: str) -> str:
    """Return the address of `rfc822; ann@example.com`, wrapped in whatever servers add."""
    return next(addresses_in(value.rpartition(";")[2][:1_000]), ("", 0))[0]


def addresses_in(line: str) -> Iterator[tuple[str, int]]:
    """Yield the addresses in a line of text, normalised, with where they begin."""
    for found in _ADDRESS.finditer(line):
        address = normalise_email(found[0].strip(_AROUND))
        if is_email(address):
            yield address, found.start()


def _diagnostic(fields: Headers) -> str:
    texts = [
        header_text(value)
        for name, value in fields.fields[:MAX_FIELDS]
        if name in {"diagnostic-code", "x-diagnostic-code", "x-supplementary-info"}
    ]
    text = one_line(" ".join(texts), MAX_DETAIL)
    return re.sub(r"^(?:x-)?[\w-]{1,30};\s*", "", text)


def _action(fields: Headers, status: str) -> Action:
    by_class: dict[str, Action] = {"4": "delayed", "2": "delivered"}
    action = _ACTIONS.get(fields.parametrised("action").value)
    return action or by_class.get(status[:1], "failed")


def _status(told: str, diagnostic: str, action: Action) -> str:
    """Return the status: the refusing server's own, which says more than the reporting server's."""
    if action in {"delivered", "relayed"}:
        return told or "2.0.0"
    stated = stated_code(diagnostic)
    if not is_general(stated) or not is_general(told):
        return told if is_general(stated) else stated
    inferred = inferred_code(diagnostic, is_delayed=action == "delayed")
    return told[0] + inferred[1:] if told else inferred
