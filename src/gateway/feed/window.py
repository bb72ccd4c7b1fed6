"""What one subscription was sent and has not acknowledged."""

from collections import deque

MAX_FRAMES = 256
MAX_BYTES = 1024 * 1024


class AckWindow:
    """Open as long as less than `MAX_FRAMES` and `MAX_BYTES` are unacknowledged."""

    __slots__ = ("_sent", "size")

    def __init__(self) -> None:
        self.size = 0
        self._sent: deque[tuple[int, int, float]] | None = None

    @property
    def is_open(self) -> bool:
        return self._sent is None or (len(self._sent) < MAX_FRAMES and self.size < MAX_BYTES)

    @property
    def oldest(self) -> float | None:
        """When the first frame was sent that still waits for its acknowledgement."""
        return self._sent[0][2] if self._sent else None

    def sent(self, pos: int, size: int, now: float) -> None:
        if self._sent is None:
            self._sent = deque()
        self._sent.append((pos, size, now))
        self.size += size

    def acknowledged(self, pos: int) -> None:
        """Forget what was sent up to `pos`; the memory of an idle subscription is given back."""
        sent = self._sent
        while sent and sent[0][0] <= pos:
            self.size -= sent.popleft()[1]
        if not sent:
            self._sent = None

    def clear(self) -> None:
        self._sent, self.size = None, 0
