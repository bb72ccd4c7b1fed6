"""What was sent against what was stored, counted from the answers."""

from collections import Counter
from collections.abc import Sequence

from gateway.demo.doors import Sending


class Tally:
    """Counts deliveries by the senders' own identifiers."""

    def __init__(self) -> None:
        self._sent: Counter[tuple[str, str]] = Counter()
        self.contradictions: list[str] = []

    def add(self, sending: Sending) -> bool:
        """Count an accepted delivery; whether it repeats an earlier one."""
        key = (sending.door, sending.key)
        is_repetition = key in self._sent
        self._sent[key] += 1
        if sending.is_known not in {None, is_repetition}:
            self.contradictions.append(f"{sending.door} answered duplicate: {sending.is_known}")
        return is_repetition

    @property
    def messages(self) -> int:
        return len(self._sent)

    def summary(self, stored: Sequence[str], conversations: int) -> str:
        """`stored` are the ids of the customers' messages that the API lists."""
        repeated = sum(times > 1 for times in self._sent.values())
        doors = len({door for door, _ in self._sent})
        once = ", once each," if self.is_true_to(stored) else ""
        return (
            f"{self._sent.total()} deliveries through {doors} doors, {repeated} messages sent "
            f"more than once: {len(stored)} messages stored{once} in {conversations} conversations."
        )

    def is_true_to(self, stored: Sequence[str]) -> bool:
        """Whether every message that was sent is stored exactly once."""
        is_each_once = len(set(stored)) == len(stored) == self.messages
        return is_each_once and not self.contradictions
