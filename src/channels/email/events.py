"""What mail providers' event webhooks have in common."""

from datetime import UTC, datetime
from typing import Literal, NamedTuple

from channels.contract import DeliveryReport
from channels.errors import Failure
from channels.text import one_line


class Meaning(NamedTuple):
    """What an event says of a mail: the state of its delivery, and why it failed or waits."""

    state: Literal["sent", "delivered", "failed"]
    failure: Failure | None = None


SENT = Meaning("sent")
DELAYED = Meaning("sent", Failure.UNAVAILABLE)
DELIVERED = Meaning("delivered")
NOBODY_THERE = Meaning("failed", Failure.BAD_RECIPIENT)
REFUSED = Meaning("failed", Failure.REJECTED)
TOO_LARGE = Meaning("failed", Failure.TOO_LARGE)
GIVEN_UP = Meaning("failed", Failure.UNAVAILABLE)


def report(
    meaning: Meaning,
    *,
    message_id: object,
    recipient: object,
    code: object = None,
    detail: object = None,
    at: object = None,
) -> DeliveryReport:
    """Make a report of a provider's values, whatever they are; our Message-ID loses its brackets.

    `at` is a number of seconds since the epoch, or a date as RFC 3339 has it.
    """
    return DeliveryReport(
        reference=_text(message_id, 1_000).strip("<> "),
        recipient=_text(recipient, 254).strip("<> ").lower(),
        state=meaning.state,
        failure=meaning.failure,
        code=_text(code, 40),
        detail=_text(detail, 300),
        occurred_at=_moment(at),
    )


def _text(value: object, limit: int) -> str:
    is_scalar = isinstance(value, str | int | float) and not isinstance(value, bool)
    return one_line(str(value), limit) if is_scalar else ""


def _moment(value: object) -> datetime | None:
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
        return found and (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
