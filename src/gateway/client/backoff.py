"""How long to wait before coming back: longer each time, and never all at once."""

import random

FIRST_S = 0.5
LONGEST_S = 30.0


class Backoff:
    """Full jitter over a bound that doubles, from half a second to half a minute."""

    def __init__(self, first_s: float = FIRST_S, longest_s: float = LONGEST_S) -> None:
        self._first_s = first_s
        self._longest_s = longest_s
        self._bound_s = first_s

    def next_s(self, asked_ms: int | None = None) -> float:
        """Seconds to wait; what the server has asked for goes first."""
        bound, self._bound_s = self._bound_s, min(2 * self._bound_s, self._longest_s)
        return asked_ms / 1000 if asked_ms else random.uniform(0, bound)  # noqa: S311

    def succeeded(self) -> None:
        self._bound_s = self._first_s
