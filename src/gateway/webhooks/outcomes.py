"""What a call came to, and when to call again. Pure: chance is an argument."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Literal

from gateway.webhooks.calls import Answer

PAUSES_S = (5.0, 300.0, 1_800.0, 7_200.0, 18_000.0, 36_000.0, 36_000.0)
"""After each failed call but the last, as senders of Standard Webhooks do: 27.5 hours in all."""

LONGEST_WISH_S = 86_400.0
"""How long a receiver may ask us to wait."""

FAILING_FOR = timedelta(days=5)
FAILING_CALLS = 1 + len(PAUSES_S)
"""A webhook is disabled when nothing has gone through for so long, and so many calls."""


class Trouble(StrEnum):
    """Why a call did not deliver."""

    UNREACHABLE = "unreachable"  # no answer, for whatever reason
    REDIRECTED = "redirected"  # 3xx: redirects are not followed
    THROTTLED = "throttled"  # 429, 503
    REFUSED = "refused"  # any other status but 2xx
    GONE = "gone"  # 410: the receiver wants nothing more
    FORGOTTEN = "forgotten"  # the event is no longer in the log


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one call. `state` is the delivery's from now on; `retry_in` is set if queued."""

    state: Literal["delivered", "queued", "failed"]
    trouble: Trouble | None = None
    status: int | None = None
    milliseconds: int | None = None
    retry_in: timedelta | None = None

    @property
    def result(self) -> Literal["delivered", "failed"]:
        """The attempt's own end."""
        return "delivered" if self.state == "delivered" else "failed"

    @property
    def is_receivers_failure(self) -> bool:
        """Whether it speaks against the receiver."""
        return self.trouble not in {None, Trouble.FORGOTTEN}


FORGOTTEN = Outcome("failed", Trouble.FORGOTTEN)


def answered(answer: Answer, tries: int, chance: float) -> Outcome:
    """Return the end of the latest of `tries` that was answered."""
    milliseconds = round(answer.seconds * 1000)
    if answer.is_taken:
        return Outcome("delivered", None, answer.status, milliseconds)
    trouble = _trouble(answer.status)
    pause = None if trouble is Trouble.GONE else _pause(tries, answer.retry_after, chance)
    state: Literal["queued", "failed"] = "failed" if pause is None else "queued"
    return Outcome(state, trouble, answer.status, milliseconds, pause)


def unanswered(tries: int, chance: float) -> Outcome:
    """Return the end of the latest of `tries`, where nothing was answered."""
    pause = _pause(tries, None, chance)
    return Outcome("failed" if pause is None else "queued", Trouble.UNREACHABLE, retry_in=pause)


def _trouble(status: int) -> Trouble:
    if status == 410:
        return Trouble.GONE
    if status in {429, 503}:
        return Trouble.THROTTLED
    return Trouble.REDIRECTED if 300 <= status < 400 else Trouble.REFUSED


def _pause(tries: int, wish_s: float | None, chance: float) -> timedelta | None:
    """The pause after so many tries, a fifth longer at most by chance; None after the last."""
    if tries > len(PAUSES_S):
        return None
    pause_s = PAUSES_S[tries - 1] * (1 + chance / 5)
    return timedelta(seconds=max(pause_s, min(wish_s or 0.0, LONGEST_WISH_S)))
