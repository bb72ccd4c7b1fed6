"""Whether the other side still answers."""

MAX_UNANSWERED = 2


class Heartbeat:
    """Counts pings and what became of them; the caller keeps the time."""

    def __init__(self) -> None:
        self.sent = 0
        self._unanswered = 0

    @property
    def is_lost(self) -> bool:
        return self._unanswered >= MAX_UNANSWERED

    def next_ping(self) -> int:
        """The number of the ping that is about to be sent."""
        self.sent += 1
        self._unanswered += 1
        return self.sent

    def answered(self) -> None:
        self._unanswered = 0
