"""The subscriptions of one socket, and what they are owed."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from gateway.access.tokens import Principal
from gateway.feed.client_frames import Ack, Filter, Sub, Typing, Unsub, Viewing
from gateway.feed.closing import Close, CloseCode, ErrorCode
from gateway.feed.cursor import Cursor, ResetReason
from gateway.feed.ephemerals import Ephemeral, told_of
from gateway.feed.ephemerals import Typing as TypingNow
from gateway.feed.ephemerals import Viewing as ViewingNow
from gateway.feed.hub import Tail
from gateway.feed.logged import LoggedEvent
from gateway.feed.outlet import Outlet
from gateway.feed.parcel import Parcel
from gateway.feed.reader import FeedReader
from gateway.feed.scope import Scope
from gateway.feed.server_frames import Err, Frame, Mark, Reset, Resumed
from gateway.feed.server_frames import Scope as ScopeFrame
from gateway.feed.subscription import Subscription
from gateway.feed.view import View

MAX_SUBSCRIPTIONS = 32
MAX_WAITING = 64
PASS_ON_S = 1.0
PASSED_ON_AT_MOST = 5
MARK_EVENTS = 1_000
"""So many events that are not in view, and the client is told to move on."""

Request = Sub | Unsub | Typing | Viewing | Err


class Session:
    """Does nothing by itself: `push` and `work` bring every subscription on.

    `work` reads before it sends: where the database is away, it raises before anything has
    changed, and can be called again. `epoch` is the one that the client was welcomed with.
    """

    __slots__ = (
        "_epoch",
        "_is_scope_stale",
        "_outlet",
        "_passed_on",
        "_principal",
        "_reader",
        "_scope",
        "_subscriptions",
        "_tail",
        "_tell",
        "_waiting",
    )

    def __init__(
        self,
        principal: Principal,
        scope: Scope,
        epoch: str,
        tail: Tail,
        reader: FeedReader,
        outlet: Outlet,
        tell: Callable[[Ephemeral], None],
    ) -> None:
        self._tell = tell
        self._scope = scope
        self._is_scope_stale = False
        self._passed_on: dict[tuple[str, UUID], float] = {}
        self._principal = principal
        self._epoch = epoch
        self._tail = tail
        self._reader = reader
        self._outlet = outlet
        self._waiting: list[Request] = []
        self._subscriptions: dict[str, Subscription] = {}

    @property
    def head(self) -> int:
        """The last position that has been read here."""
        return self._tail.ring.end

    def take(self, request: Request | Ack) -> None:
        """Keep a client's request, or the refusal of one, for `work`; order is kept."""
        if isinstance(request, Ack):
            if sub := self._subscriptions.get(request.sub):
                sub.window.acknowledged(request.pos)
            return
        if len(self._waiting) == MAX_WAITING:
            raise Close(CloseCode.PROTOCOL, f"more than {MAX_WAITING} requests at once")
        self._waiting.append(request)

    def acknowledge_all(self) -> None:
        for sub in self._subscriptions.values():
            sub.window.clear()

    def cursor_of(self, name: str) -> str | None:
        """How far the log has been looked at for a subscription; None if there is no such."""
        sub = self._subscriptions.get(name)
        return None if sub is None else str(Cursor(sub.epoch, sub.pos))

    def hear(self, ephemeral: Ephemeral) -> None:
        """Tell what passes, unless the client has enough to read as it is."""
        if not self._outlet.is_writable:
            return
        subs = self._subscriptions.values()
        if any(sub.window.is_open and sub.strand.view.includes(ephemeral) for sub in subs):
            self._outlet.put(told_of(ephemeral))

    def unacknowledged_s(self) -> float:
        """How long the oldest event has waited for its acknowledgement, in seconds."""
        subs = self._subscriptions.values()
        times = [sub.window.oldest for sub in subs if sub.window.oldest is not None]
        return asyncio.get_running_loop().time() - min(times) if times else 0.0

    def mark(self) -> None:
        """Tell subscriptions how far the log has been looked at for them in vain."""
        for sub in self._subscriptions.values():
            self._mark(sub)

    def _mark(self, sub: Subscription) -> None:
        if sub.pos > sub.prev:
            self._say(Mark(sub=sub.name, pos=sub.pos, prev=sub.prev))
            sub.prev = sub.pos

    def _say(self, frame: Frame) -> None:
        self._outlet.put(Parcel.of(frame))

    def push(self) -> bool:
        """Send what is in memory, as far as it is taken; whether there is reason to `work`."""
        if self._waiting or self._is_scope_stale:
            return True
        is_work_left = False
        for sub in self._subscriptions.values():
            is_work_left = self._push(sub) or is_work_left
        return is_work_left

    def _push(self, sub: Subscription) -> bool:
        """Whether the log has to be read for it."""
        if sub.is_stale:
            return True
        ring = self._tail.ring
        while sub.window.is_open and self._outlet.is_writable:
            if not self._tail.covers(sub.epoch, sub.pos):
                return True
            if sub.pos >= ring.end:
                return False
            if not self._give(sub, sub.strand.following(ring, sub.pos, sub.prev)):
                return True
        return False

    def _give(self, sub: Subscription, parcel: Parcel) -> bool:
        """False, and nothing is given, where the scope has to be looked at before."""
        if parcel.scope is not None and parcel.pos > self._scope.at:
            agent_id = self._principal.agent_id
            self._is_scope_stale = self._scope.is_touched_by(parcel.scope, agent_id)
            if self._is_scope_stale:
                return False
        sub.pos, sub.prev = parcel.pos, parcel.prev
        if parcel.text:
            self._outlet.put(parcel)
            now = asyncio.get_running_loop().time()
            sub.window.sent(parcel.prev, len(parcel.text), now)
        elif sub.pos - sub.prev >= MARK_EVENTS:
            self._mark(sub)
        return True

    async def work(self) -> bool:
        """Answer what was asked, and read what memory does not hold; whether there was anything."""
        has_moved = bool(self._waiting or self._is_scope_stale)
        if self._is_scope_stale:
            self._take_scope(await self._reader.scope(self._principal))
        while self._waiting:
            await self._outlet.until_writable()
            await self._answer(self._waiting[0])
            del self._waiting[0]
        for sub in list(self._subscriptions.values()):
            if sub.is_stale:
                await self._restart(sub, ResetReason.SCOPE)
                has_moved = True
            elif self._push(sub) and not self._is_scope_stale:
                has_moved = await self._read_on(sub) or has_moved
        return has_moved

    def _take_scope(self, scope: Scope) -> None:
        """Say what is another; nothing more is sent before all subscriptions have begun anew."""
        before, self._scope = self._scope, scope
        self._is_scope_stale = False
        if scope != before:
            added, removed = before.hidden - scope.hidden, scope.hidden - before.hidden
            self._say(ScopeFrame(added=sorted(added), removed=sorted(removed), at=scope.at))
            for sub in self._subscriptions.values():
                sub.is_stale = True

    async def _answer(self, request: Request) -> None:
        match request:
            case Err():
                self._say(request)
            case Typing() | Viewing():
                await self._pass_on(request)
            case _ if refusal := self._refusal(request):
                self._say(refusal)
            case Sub():
                await self._begin(request)
            case Unsub():
                del self._subscriptions[request.id]

    async def _pass_on(self, request: Typing | Viewing) -> None:
        """Tell everybody who sees the conversation."""
        if request.on and not self._may_pass_on(request):
            return
        who = self._principal
        place = await self._reader.place(who.workspace_id, request.conversation, who.agent_id)
        if place is None or who.agent_id is None or not self._sees(request.conversation, place):
            code = ErrorCode.UNKNOWN if who.agent_id else ErrorCode.NO_AGENT
            self._say(Err(ref=None, code=code, detail=f"{request.t}: no such conversation"))
            return
        known = {
            "workspace_id": who.workspace_id,
            "conversation_id": request.conversation,
            "on": request.on,
            "agent_id": who.agent_id,
            **place,
        }
        is_typing = isinstance(request, Typing)
        self._tell(TypingNow(by="agent", **known) if is_typing else ViewingNow(**known))

    def _may_pass_on(self, request: Typing | Viewing) -> bool:
        """The same once a second, and a few in that time."""
        now = asyncio.get_running_loop().time()
        recent = {what: at for what, at in self._passed_on.items() if now - at < PASS_ON_S}
        what = (request.t, request.conversation)
        self._passed_on = recent
        if what in recent or len(recent) >= PASSED_ON_AT_MOST:
            return False
        recent[what] = now
        return True

    def _sees(self, conversation_id: UUID, place: dict[str, Any]) -> bool:
        view = View.of(Filter(), self._principal.agent_id, self._scope)
        return view.holds(conversation_id, place["queue_id"], place["assignee_id"])

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
        view = View.of(request.filter, self._principal.agent_id, self._scope)
        strand = self._tail.strand(request.id, view)
        sub = Subscription(request.id, request.filter, strand, Cursor(self._epoch, 0))
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
        elif await self._reader.is_out_of_scope(self._principal, cursor.pos):
            await self._restart(sub, ResetReason.SCOPE)
        else:
            sub.move_to(cursor)
            self._say(Resumed(sub=sub.name, from_=cursor.pos, to=bounds.head))

    async def _restart(self, sub: Subscription, reason: ResetReason | None) -> None:
        """Send a snapshot; with `reset` before it unless the client asked for one."""
        scope, view, snapshot = await self._reader.snapshot(self._principal, sub.wanted)
        self._take_scope(scope)
        sub.strand = self._tail.strand(sub.name, view)
        cursor = snapshot.cursor
        if reason is None and cursor.epoch != self._epoch:
            reason = ResetReason.EPOCH
        if reason is not None:
            self._say(Reset(sub=sub.name, reason=reason, cursor=str(cursor)))
        for frame in snapshot.frames(sub.name):
            self._say(frame)
            await self._outlet.until_writable()
        sub.move_to(cursor)

    async def _read_on(self, sub: Subscription) -> bool:
        """Give the next events of the log, or start anew where it does not go on from there."""
        page = await self._reader.after(self._principal.workspace_id, sub.pos)
        if page.epoch != sub.epoch:
            await self._restart(sub, ResetReason.EPOCH)
        elif not page.follows(sub.pos):
            await self._restart(sub, ResetReason.LAG)
        else:
            await self._give_all(sub, page.events)
            return bool(page.events)
        return True

    async def _give_all(self, sub: Subscription, events: Sequence[LoggedEvent]) -> None:
        while sub.window.is_open and events and sub.pos < events[-1].pos:
            rest = [event for event in events if event.pos > sub.pos]
            if not self._give(sub, sub.strand.compose(rest, sub.prev)):
                return
            await self._outlet.until_writable()


def err(request: Sub | Unsub, code: ErrorCode, detail: str) -> Err:
    return Err(ref=request.id, code=code, detail=detail)
