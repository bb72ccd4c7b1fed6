"""How often somebody may do something, counted in this process's memory."""

import math
from datetime import UTC, datetime
from http import HTTPStatus

from limits import RateLimitItem
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from gateway.problems import Problem


class Limiter:
    """Counts in sliding windows; `who` is any sequence of texts."""

    def __init__(self) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def count(self, limit: RateLimitItem, *who: str, refusal: str) -> None:
        """Count once.

        Raises:
            Problem: 429 with `refusal`, how long to wait, and `Retry-After`.
        """
        if await self._limiter.hit(limit, *who):
            return
        window = await self._limiter.get_window_stats(limit, *who)
        wait_s = max(1, math.ceil(window.reset_time - datetime.now(UTC).timestamp()))
        headers = {"Retry-After": str(wait_s)}
        detail = f"{refusal}: wait {wait_s} seconds"
        raise Problem(429, HTTPStatus.TOO_MANY_REQUESTS.phrase, detail, headers=headers)

    async def forget(self, limit: RateLimitItem, *who: str) -> None:
        """Begin to count anew."""
        await self._limiter.clear(limit, *who)
