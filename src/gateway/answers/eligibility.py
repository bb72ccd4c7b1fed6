"""Who may be answered by a machine at all (RFC 3834 section 2). Pure."""

import re
from typing import Final, Literal

from channels.contract import InboundMessage
from channels.email.origin import is_unread_address

Refusal = Literal[
    "automatic", "no_reply", "spam", "unauthenticated", "consent", "ourselves", "no_channel"
]
"""Why a message is not answered, before the database is asked."""

_PRESENTABLE: Final = re.compile(r"(?!.*(?:://|www\.|\S\.[^\W\d_]{2}))[^\n\r<>@]{1,100}")


def refusal_of(inbound: InboundMessage) -> Refusal | None:
    """Why nobody would want an automatic answer to this; None where somebody may.

    Mail that a machine wrote, bounces and lists among it, is never answered, nor what is sent from
    an address that nobody reads, what a filter has marked, and what its author's domain disowns
    (the answer would go to somebody else). STOP and START have their own answers.
    """
    if inbound.automatic:
        return "automatic"
    if inbound.sender.space == "email" and is_unread_address(inbound.sender.address):
        return "no_reply"
    if inbound.email is not None and inbound.email.spam:
        return "spam"
    if inbound.authentication.get("dmarc") == "fail":
        return "unauthenticated"
    return "consent" if inbound.consent else None


def presentable(value: str | None) -> str | None:
    """A value that strangers have chosen, unless it could carry their message to others.

    Whoever writes another's address into a form makes us write to it: what we write must not be
    theirs. Addresses, links and long texts are left out.
    """
    return value if value and _PRESENTABLE.fullmatch(value) else None
