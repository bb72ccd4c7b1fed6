"""What a try of sending came to, and when to try again. Pure: chance is an argument."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from channels.contract import Sent
from channels.errors import Failure, SendFailed
from channels.text import one_line

LONGEST_BACKOFF_S = 3_600.0
LONGEST_WISH_S = 86_400.0
DETAIL_LENGTH = 500


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one attempt: `result` is the attempt's, `state` the delivery's from now on.

    `retry_in` is set where the delivery is queued again, `unwanted` where the provider says that
    the recipient wants nothing more. `detail` is for operators: it may quote
    the provider and is never logged.
    """

    result: Literal["sent", "temporary", "permanent"]
    state: Literal["sent", "queued", "failed"]
    failure: Failure | None = None
    detail: str | None = None
    provider_id: str | None = None
    retry_in: timedelta | None = None
    unwanted: bool = False


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often, and after which first pause in seconds."""

    max_attempts: int
    base_s: float

    def backoff_s(self, number: int, wish_s: float | None, chance: float) -> float:
        """Return the pause after attempt `number`: doubling up to an hour, half of it by chance.

        A provider that wishes for a longer one gets it, up to a day. `chance` is in [0, 1).
        """
        longest = min(self.base_s * 2.0 ** min(number - 1, 30), LONGEST_BACKOFF_S)
        pause = longest * (1 + chance) / 2
        return max(pause, min(wish_s or 0.0, LONGEST_WISH_S))


def taken(sent: Sent) -> Outcome:
    """Return the end of an attempt whose message the provider took."""
    return Outcome(
        result="sent",
        state="sent",
        detail=_storable(sent.detail),
        provider_id=_storable(sent.provider_id or ""),
    )


def refused(error: SendFailed, tries: int, policy: RetryPolicy, chance: float) -> Outcome:
    """Return the end of the latest of `tries`: queued again if it may pass and tries are left."""
    is_last = not error.failure.is_temporary or tries >= policy.max_attempts
    pause = timedelta(seconds=policy.backoff_s(tries, error.retry_after, chance))
    return Outcome(
        result="temporary" if error.failure.is_temporary else "permanent",
        state="failed" if is_last else "queued",
        failure=error.failure,
        detail=_storable(f"{error.code} {error.detail}"),
        retry_in=None if is_last else pause,
        unwanted=error.unwanted,
    )


def _storable(text: str) -> str | None:
    return one_line(text, DETAIL_LENGTH) or None
