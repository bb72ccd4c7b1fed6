"""The subscriptions of one socket, and what they are owed."""

from collections.abc import Sequence
from uuid import UUID

from gateway.access.tokens import Principal
from gateway.feed import frames
from gateway.feed.cursor import Cursor, ResetReason
from gateway.feed.frames import Close, CloseCode, Err, ErrorCode, Reset, Resumed, Sub, Unsub
from gateway.feed.hub import Tail
from gateway.feed.logged import PAGE_EVENTS, LoggedEvent
from gateway.feed.reader import FeedReader
from gateway.feed.subscription import Subscription
from gateway.feed.view import View
from gateway.feed.wire import Wire
from gateway.signals import Typing

MAX_SUBSCRIPTIONS = 32
MAX_WAITING = 64


class Session:
    """Does nothing by itself: `work` brings every subscription one step on.

    Reads before it sends: where the database is away, `work` raises before anything has changed,
    and can be called again. `epoch` is the one that the client was welcomed with.
    """

    def __init__(
        self, principal: Principal, epoch: str, tail: Tail, reader: FeedReader, wire: Wire
    ) -> None:
        self._principal = principal
        self._epoch = epoch
        self._tail = tail
        self._reader = reader
        self._wire = wire
        self._waiting: list[Sub | Unsub | Err] = []
        self._subscriptions: dict[str, Subscription] = {}
        self._typing: dict[tuple[UUID, str, str | None], Typing] = {}

    def take(self, request: Sub | Unsub | Err) -> None:
        """Keep a client's request, or the refusal of one, for `work`; order is kept."""
        if len(self._waiting) == MAX_WAITING:
            raise Close(CloseCode.PROTOCOL, f"more than {MAX_WAITING} requests at once")
        self._waiting.append(request)

    def hear(self, typing: Typing) -> None:
        """Keep what is to be told by `work`: of each writer the newest, and not for ever."""
        key = (typing.conversation_id, typing.by, typing.name)
        if key in self._typing or len(self._typing) < MAX_WAITING:
            self._typing[key] = typing

    async def work(self) -> bool:
        """Answer what was asked and send what is new; whether more is known to wait."""
        while self._waiting:
            await self._answer(self._waiting[0])
            del self._waiting[0]
        await self._tell_typing()
        unfinished = [await self._advance(sub) for sub in list(self._subscriptions.values())]
        return any(unfinished)

    async def _tell_typing(self) -> None:
        heard, self._typing = self._typing, {}
        for typing in heard.values():
            if any(sub.view.includes(typing) for sub in self._subscriptions.values()):
                frame = frames.Typing(
                    entity=typing.conversation_id, by=typing.by, name=typing.name, on=typing.on
                )
                await self._wire.send(frame)

    async def _answer(self, request: Sub | Unsub | Err) -> None:
        refusal = request if isinstance(request, Err) else self._refusal(request)
        if refusal is not None:
            await self._wire.send(refusal)
        elif isinstance(request, Sub):
            await self._begin(request)
        elif isinstance(request, Unsub):
            del self._subscriptions[request.id]

    def _refusal(self, request: Sub | Unsub) -> Err | None:
        is_known = request.id in self._subscriptions
        if isinstance(request, Unsub):
            return None if is_known else err(request, ErrorCode.UNKNOWN, "no such subscription")
        if is_known:
            return err(request, ErrorCode.DUPLICATE, "this subscription exists: unsub it first")
        if len(self._subscriptions) == MAX_SUBSCRIPTIONS:
            return err(request, ErrorCode.LIMIT, f"at most {MAX_SUBSCRIPTIONS} subscriptions")
        if request.filter.assigned_to_me and self._principal.agent_id is None:
            return err(request, ErrorCode.NO_AGENT, "assigned_to_me needs an agent's token")
        return None

    async def _begin(self, request: Sub) -> None:
        view = View.of(request.filter, self._principal.agent_id)
        sub = Subscription(request.id, view, Cursor(self._epoch, 0))
        if request.cursor is None:
            await self._restart(sub, None)
        else:
            await self._resume(sub, request.cursor)
        self._subscriptions[request.id] = sub

    async def _resume(self, sub: Subscription, text: str) -> None:
        bounds = await self._reader.bounds(self._principal.workspace_id)
        cursor = bounds.judge(text)
        if isinstance(cursor, ResetReason):
            await self._restart(sub, cursor)
        else:
            sub.move_to(cursor)
            await self._wire.send(Resumed(sub=sub.name, from_=cursor.pos, to=bounds.head))

    async def _restart(self, sub: Subscription, reason: ResetReason | None) -> None:
        """Send a snapshot; with `reset` before it unless the client asked for one."""
        snapshot = await self._reader.snapshot(self._principal.workspace_id, sub.view)
        cursor = snapshot.cursor
        if reason is None and cursor.epoch != self._epoch:
            reason = ResetReason.EPOCH
        if reason is not None:
            await self._wire.send(Reset(sub=sub.name, reason=reason, cursor=str(cursor)))
        for frame in snapshot.frames(sub.name):
            await self._wire.send(frame)
        sub.move_to(cursor)

    async def _advance(self, sub: Subscription) -> bool:
        if self._tail.covers(sub.epoch, sub.pos):
            events = self._tail.ring.after(sub.pos, PAGE_EVENTS)
        elif (older := await self._older_for(sub)) is not None:
            events = older
        else:
            return True
        text = sub.compose(events)
        if text is not None:
            await self._wire.send_text(text)
        return bool(events) and (len(events) == PAGE_EVENTS or sub.pos < events[-1].pos)

    async def _older_for(self, sub: Subscription) -> Sequence[LoggedEvent] | None:
        """The events after its place, where memory does not reach back so far.

        None where the log does not go on from there: the subscription has then been restarted.
        """
        page = await self._reader.after(self._principal.workspace_id, sub.pos)
        if page.epoch != sub.epoch:
            await self._restart(sub, ResetReason.EPOCH)
            return None
        if not page.follows(sub.pos):
            await self._restart(sub, ResetReason.LAG)
            return None
        return page.events


def err(request: Sub | Unsub, code: ErrorCode, detail: str) -> Err:
    return Err(ref=request.id, code=code, detail=detail)
