"""Single words by which people refuse text messages, and allow them again.

Source: Twilio's support page on opt-out keywords (SMS STOP filtering); US carriers ask the same of
everybody (CTIA, Messaging Principles and Best Practices). A word among others means nothing.
"""

from typing import Literal

Consent = Literal["stop", "start"]

STOP = frozenset(
    {"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt-out"}
)
START = frozenset({"start", "yes", "unstop"})

_LONGEST = 20


def consent_in(text: str) -> Consent | None:
    """Return what a whole message says, if it is one of the words."""
    word = text.strip()[:_LONGEST].lower()
    if word in STOP:
        return "stop"
    return "start" if word in START else None
