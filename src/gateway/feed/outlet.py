"""Where a session's frames go."""

from typing import Protocol

from gateway.feed.parcel import Parcel


class Outlet(Protocol):
    """Takes frames at once, and says when it has taken too many.

    `is_writable` is False from then on until the other side has read; what is put meanwhile is
    kept in memory.
    """

    @property
    def is_writable(self) -> bool: ...

    def put(self, parcel: Parcel) -> None: ...

    async def until_writable(self) -> None: ...
