"""The end of the log of each workspace that somebody here follows: read once, for all of them."""

import asyncio
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Protocol
from uuid import UUID
from weakref import WeakValueDictionary

import orjson
import structlog

from gateway.database.connections import Database, Fetch, is_database_away
from gateway.feed.log import EventType
from gateway.feed.logged import LoggedEvent, Page, read_pages
from gateway.feed.ring import Ring
from gateway.feed.strand import Strand
from gateway.feed.view import View
from gateway.wakeups import Topic, Wakeups, wait_for

RECONNECT_S = 0.5
READ_TIMEOUT_S = 30.0
AT_ONCE = 200
"""So many sockets are written to before others get their turn."""

log = structlog.get_logger(__name__)


class Follower(Protocol):
    def wake(self) -> None: ...


class Tail:
    """The newest events of one workspace, and who is to be woken by more.

    `epoch` is None until the log has been looked at for the first time.
    """

    def __init__(self, workspace_id: int) -> None:
        self.workspace_id = workspace_id
        self.epoch: str | None = None
        self.ring = Ring(start=0)
        self.followers: set[Follower] = set()
        self.watches: dict[UUID, set[asyncio.Event]] = {}
        self._strands: WeakValueDictionary[tuple[str, View], Strand] = WeakValueDictionary()

    def strand(self, name: str, view: View) -> Strand:
        """The one of all subscriptions that have this name and this view."""
        if (strand := self._strands.get((name, view))) is None:
            strand = self._strands[name, view] = Strand(orjson.dumps(name), view)
        return strand

    @property
    def is_idle(self) -> bool:
        return not self.followers and not self.watches

    @property
    def position(self) -> int | None:
        return None if self.epoch is None else self.ring.end

    def covers(self, epoch: str, pos: int) -> bool:
        """Whether the ring holds everything after this place that has been read so far."""
        return epoch == self.epoch and pos >= self.ring.start

    async def take(self, page: Page) -> None:
        if page.epoch != self.epoch or not page.follows(self.ring.end):
            self.epoch = page.epoch
            self.ring = Ring(start=page.head)
            await self.wake_all()
        elif page.events:
            self._keep(page.events)
            self._wake_watches({event.conversation_id for event in page.events})
            await self._wake_followers()

    def _keep(self, events: Sequence[LoggedEvent]) -> None:
        if any(event.type == EventType.ERASED for event in events):
            self.ring = Ring(start=self.ring.end)  # earlier ones may name who is to be forgotten
        self.ring.extend(events)

    async def wake_all(self) -> None:
        self._wake_watches(list(self.watches))
        await self._wake_followers()

    async def _wake_followers(self) -> None:
        """Each sends at once what it can; others get their turn in between."""
        for number, follower in enumerate(list(self.followers), 1):
            follower.wake()
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)

    def _wake_watches(self, conversations: Iterable[UUID]) -> None:
        for conversation_id in conversations:
            for wake in self.watches.get(conversation_id, ()):
                wake.set()


class Hub:
    """Tails the log for all sockets of this process. `run` must be running.

    Followers are only woken; each takes what it needs from the tail's ring or from the log, at its
    own pace. A lost wake-up costs at most `poll_interval_s` seconds.
    """

    def __init__(self, database: Database, wakeups: Wakeups, poll_interval_s: float) -> None:
        self._database = database
        self._hint = wakeups.listen(Topic.FEED)
        self._poll_interval_s = poll_interval_s
        self._tails: dict[int, Tail] = {}
        self._is_away = False

    @property
    def followed(self) -> set[int]:
        """The workspaces whose feed somebody follows here."""
        return {workspace_id for workspace_id, tail in self._tails.items() if tail.followers}

    def follow(self, workspace_id: int, follower: Follower) -> Tail:
        """Have the follower woken by every event of the workspace, until `unfollow`."""
        tail = self.tail(workspace_id)
        tail.followers.add(follower)
        return tail

    def unfollow(self, workspace_id: int, follower: Follower) -> None:
        tail = self._tails[workspace_id]
        tail.followers.discard(follower)
        self._drop_if_idle(tail)

    def watch(self, workspace_id: int, conversation_id: UUID, wake: asyncio.Event) -> None:
        """Have `wake` set whenever the conversation may have changed, until `unwatch`.

        It is also set where something may have been missed.
        """
        self.tail(workspace_id).watches.setdefault(conversation_id, set()).add(wake)

    def unwatch(self, workspace_id: int, conversation_id: UUID, wake: asyncio.Event) -> None:
        tail = self._tails[workspace_id]
        watchers = tail.watches[conversation_id]
        watchers.discard(wake)
        if not watchers:
            del tail.watches[conversation_id]
        self._drop_if_idle(tail)

    def tail(self, workspace_id: int) -> Tail:
        """The log's end as far as it is known; for somebody who is about to follow."""
        if workspace_id not in self._tails:
            self._tails[workspace_id] = Tail(workspace_id)
            self._hint.set()
        return self._tails[workspace_id]

    def _drop_if_idle(self, tail: Tail) -> None:
        if tail.is_idle:
            del self._tails[tail.workspace_id]

    async def run(self) -> None:
        """Tail until cancelled, connecting again after a loss; positions survive it."""
        while True:
            try:
                await self._tail_on_one_connection()
            except Exception as error:
                if not is_database_away(error):
                    raise
                self._say_away(error)
            await asyncio.sleep(RECONNECT_S)

    def _say_away(self, error: Exception) -> None:
        if not self._is_away:
            log.warning("feed.database_away", reason=type(error).__name__)
        self._is_away = True

    async def _tail_on_one_connection(self) -> None:
        connection = await self._database.connect()
        fetch = partial(connection.fetch, timeout=READ_TIMEOUT_S)
        try:
            for tail in list(self._tails.values()):
                await tail.wake_all()
            while True:
                await self._read(fetch)
                self._is_away = False
                await wait_for(self._hint, self._poll_interval_s)
        finally:
            connection.terminate()

    async def _read(self, fetch: Fetch) -> None:
        tails = dict(self._tails)
        if not tails:
            return
        after = {workspace_id: tail.position for workspace_id, tail in tails.items()}
        for workspace_id, page in (await read_pages(fetch, after)).items():
            await tails[workspace_id].take(page)
            if page.is_full:
                self._hint.set()
