"""What brings a session on: at once where nothing has to be waited for, else by a task."""

import asyncio
from collections.abc import Callable

from gateway.database.connections import is_database_away
from gateway.feed.session import Session

RETRY_S = 0.5


class Engine:
    """`fail` is told of what the session raises, but for a database that is away: that passes."""

    __slots__ = ("_fail", "_session", "_work")

    def __init__(self, session: Session, fail: Callable[[Exception], None]) -> None:
        self._session = session
        self._fail = fail
        self._work: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """Send what can be sent at once, and begin to wait for the rest if there is any."""
        if self._work is not None:
            return
        try:
            if self._session.push():
                self._work = asyncio.create_task(self._go_on())
        except Exception as error:  # noqa: BLE001 - the owner sorts them
            self._fail(error)

    async def _go_on(self) -> None:
        try:
            while True:
                has_moved = await self._session.work()
                if not self._session.push() or not has_moved:
                    return
        except Exception as error:  # noqa: BLE001 - the owner sorts them
            if is_database_away(error):
                asyncio.get_running_loop().call_later(RETRY_S, self.wake)
            else:
                self._fail(error)
        finally:
            self._work = None

    async def settled(self) -> None:
        """Until nothing is being waited for."""
        while self._work is not None:
            await asyncio.wait({self._work})

    def stop(self) -> None:
        if self._work is not None:
            self._work.cancel()
