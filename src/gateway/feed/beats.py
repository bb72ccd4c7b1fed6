"""One timer for all sockets."""

import asyncio
from collections import OrderedDict
from typing import Protocol


class Beating(Protocol):
    def beat(self) -> None: ...


class Beats:
    """Everybody's turn comes every `period_s` seconds, in the order in which they came."""

    def __init__(self, period_s: float) -> None:
        self._period_s = period_s
        self._due: OrderedDict[Beating, float] = OrderedDict()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, beating: Beating) -> None:
        self._due[beating] = asyncio.get_running_loop().time() + self._period_s
        self._await_next()

    def remove(self, beating: Beating) -> None:
        self._due.pop(beating, None)
        if not self._due and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _await_next(self) -> None:
        if self._timer is None and self._due:
            due = next(iter(self._due.values()))
            self._timer = asyncio.get_running_loop().call_at(due, self._beat)

    def _beat(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        for beating in [each for each, due in self._due.items() if due <= now]:
            self._due[beating] = now + self._period_s
            self._due.move_to_end(beating)
            beating.beat()
        self._await_next()
