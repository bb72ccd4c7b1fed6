"""What the checks of providers' signatures share."""

import hmac
from datetime import timedelta

from channels.contract import Payload
from channels.errors import InvalidSignature

CLOCK_SKEW_S = 300
"""How far a provider's clock may run ahead of ours."""


def is_same(given: str, expected: str) -> bool:
    """Compare two secrets in a time that tells nothing about where they differ."""
    return hmac.compare_digest(given.encode(), expected.encode())


def check_age(timestamp: str, payload: Payload, longest: timedelta) -> None:
    """Check that a signed timestamp (seconds since the epoch) is at most `longest` old.

    `longest` must cover the hours through which the provider repeats what we could not take.

    Raises:
        InvalidSignature: it is older, from the future, or none.
    """
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) == 10):
        raise InvalidSignature("the timestamp is no number of seconds")
    age_s = int(payload.proof.get("received_at", "0")) - int(timestamp)
    if not -CLOCK_SKEW_S <= age_s <= longest.total_seconds():
        raise InvalidSignature("the timestamp is too old, or from the future")
