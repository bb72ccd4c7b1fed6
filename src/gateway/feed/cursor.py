"""Where a client stands in the log, and whether it may go on from there."""

from dataclasses import dataclass
from enum import StrEnum

MAX_DIGITS = 18  # of a position, which is a signed 64-bit number


class ResetReason(StrEnum):
    """Why a subscription starts again from a snapshot."""

    TOO_OLD = "too_old"
    EPOCH = "epoch"
    AHEAD = "ahead"
    SCOPE = "scope"
    LAG = "lag"


@dataclass(frozen=True, slots=True)
class Cursor:
    """Everything up to `pos` has been seen. Opaque to clients: `epoch.pos`."""

    epoch: str
    pos: int

    def __str__(self) -> str:
        return f"{self.epoch}.{self.pos}"

    @classmethod
    def parse(cls, text: str) -> "Cursor | None":
        """The cursor that `text` writes; None where it is not one of ours."""
        epoch, dot, digits = text.rpartition(".")
        if not dot or not digits.isascii() or not digits.isdigit() or len(digits) > MAX_DIGITS:
            return None
        return cls(epoch, int(digits))


@dataclass(frozen=True, slots=True)
class Bounds:
    """The positions from which a client may resume: `floor` to `head`, both included."""

    epoch: str
    floor: int
    head: int

    def judge(self, text: str) -> Cursor | ResetReason:
        """The cursor that a client may go on from, or why it cannot."""
        cursor = Cursor.parse(text)
        if cursor is None or cursor.epoch != self.epoch:
            return ResetReason.EPOCH
        if cursor.pos > self.head:
            return ResetReason.AHEAD
        if cursor.pos < self.floor:
            return ResetReason.TOO_OLD
        return cursor
