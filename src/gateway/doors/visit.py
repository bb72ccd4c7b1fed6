"""One connection of a chat's visitor: what it says goes in, what is new goes out."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from limits import RateLimitItemPerHour
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from starlette.websockets import WebSocket

from channels.chat import (
    VERSION,
    Ack,
    AgentRead,
    AgentState,
    AgentTyping,
    AskTranscript,
    ClientFrame,
    ClientMessage,
    Done,
    Err,
    Hello,
    InvalidFrame,
    LeaveEmail,
    Ping,
    Read,
    Seen,
    ServerFrame,
    ServerMessage,
    VisitorTyping,
    Welcome,
    decode,
    encode,
)
from channels.contract import Payload, Sender
from gateway.composition import Gateway
from gateway.configuration import ConfiguredChannel
from gateway.conversations.change import changing
from gateway.conversations.read_marks import mark_read
from gateway.conversations.transcripts import leave_email, mail_transcript
from gateway.database.connections import is_database_away
from gateway.delivery.acknowledgements import mark_delivered
from gateway.doors.visit_reading import Situation, read_messages, read_situation
from gateway.feed.ephemerals import Ephemeral, Typing
from gateway.problems import Problem, problem_of
from gateway.wakeups import Topic, wait_for

PING_S = 25
READ_AGAIN_S = 30  # a net behind the hub, and how another tab's new conversation is found
TYPING_S = 1.0
TRANSCRIPTS = RateLimitItemPerHour(5)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is there: by token, or by the page's word for a user. `client` is where from."""

    token: str
    who: Sender
    client: str

    @property
    def envelope(self) -> dict[str, str]:
        return {self.who.space: self.who.address}


@dataclass(slots=True)
class Place:
    """How far a visitor has read: `seq` within one conversation."""

    conversation_id: UUID | None
    seq: int


class Visit:
    def __init__(
        self,
        gateway: Gateway,
        channel: ConfiguredChannel,
        socket: WebSocket,
        visitor: Visitor,
        hello: Hello,
        limiter: SlidingWindowCounterRateLimiter,
    ) -> None:
        self._gateway = gateway
        self._channel = channel
        self._socket = socket
        self._visitor = visitor
        self._limiter = limiter
        self._place = Place(_uuid(hello.conversation), hello.after or 0)
        self._situation = Situation()
        self._told = Situation()
        self._changed = asyncio.Event()
        self._watched: UUID | None = None
        self._agents_typing: dict[str | None, bool] = {}
        self._typed_at = 0.0

    async def run(self) -> None:
        await self._welcome()
        self._gateway.signals.follow(self._channel.workspace_id, self._hear)
        tasks = [
            asyncio.create_task(self._listen()),
            asyncio.create_task(self._tell()),
            asyncio.create_task(self._ping()),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            self._gateway.signals.unfollow(self._channel.workspace_id, self._hear)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _send(self, frame: ServerFrame) -> None:
        await self._socket.send_text(encode(frame))

    async def _welcome(self) -> None:
        now = await self._read_situation()
        await self._send(
            Welcome(
                v=VERSION,
                token=self._visitor.token,
                visitor=self._visitor.who.address,
                conversation=str(now.conversation_id) if now.conversation_id else None,
                seq=now.seq,
                online=self._is_online(),
            )
        )

    def _is_online(self) -> bool:
        match self._channel.config.settings.get("online", "yes"):
            case "agents":
                return self._gateway.signals.is_staffed(self._channel.workspace_id)
            case said:
                return said == "yes"

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(PING_S)
            await self._send(Ping())

    async def _listen(self) -> None:
        while True:
            try:
                frame = decode(await self._socket.receive_text())
            except InvalidFrame as error:
                await self._send(Err(error.code, error.detail))
            except KeyError:
                await self._send(Err("not_text", "frames are text"))
            else:
                await self._take(frame)

    async def _take(self, frame: ClientFrame) -> None:
        known = self._place.conversation_id
        match frame:
            case ClientMessage():
                await self._receive(frame)
            case Seen() if known is not None:
                await self._mark_seen(known, frame.seq)
            case Read() if known is not None:
                await self._mark_read(known, frame.seq)
            case VisitorTyping() if known is not None:
                self._say_typing(known, on=frame.on)
            case LeaveEmail() | AskTranscript():
                await self._post(frame)

    async def _receive(self, frame: ClientMessage) -> None:
        """Store a message; `ack` is sent after the commit, `err` if there was none."""
        body = encode(frame).encode()
        try:
            accepted = await self._gateway.intake.receive(
                self._channel, Payload("application/json", body, self._visitor.envelope)
            )
        except Exception as error:
            problem = problem_of(error)
            if problem is None:
                raise
            await self._send(Err("try_again", problem.detail, frame.id))
            return
        if accepted.message_id is None:
            await self._send(Err("held", "the message is kept for inspection", frame.id))
            return
        await self._send(
            Ack(
                id=frame.id,
                message=str(accepted.message_id),
                conversation=str(accepted.conversation_id),
                seq=accepted.seq or 0,
                duplicate=accepted.duplicate,
            )
        )
        self._changed.set()

    async def _mark_seen(self, conversation_id: UUID, seq: int) -> None:
        async with self._gateway.database.transaction() as session:
            position = await mark_delivered(
                session, self._channel.workspace_id, conversation_id, min(seq, self._place.seq)
            )
        if position is not None:
            self._gateway.wakeups.notify(Topic.FEED)

    async def _mark_read(self, conversation_id: UUID, seq: int) -> None:
        """What was read has arrived, too."""
        seq = min(seq, self._place.seq)
        await self._mark_seen(conversation_id, seq)
        with suppress(Problem):  # closed or erased meanwhile
            news = await mark_read(
                self._gateway.database, self._channel.workspace_id, conversation_id, "customer", seq
            )
            if news:
                self._gateway.wakeups.notify(Topic.FEED)

    def _say_typing(self, conversation_id: UUID, *, on: bool) -> None:
        """Once a second at most: what a client sends more often is not passed on."""
        now = asyncio.get_running_loop().time()
        if on and now - self._typed_at < TYPING_S:
            return
        self._typed_at = now if on else 0.0
        signal = Typing(
            workspace_id=self._channel.workspace_id,
            conversation_id=conversation_id,
            by="customer",
            on=on,
            queue_id=self._situation.queue_id,
            assignee_id=self._situation.assignee_id,
        )
        self._gateway.signals.tell(signal)

    async def _post(self, frame: LeaveEmail | AskTranscript) -> None:
        """Keep an address or mail a transcript; `done` after the commit."""
        id_ = (await self._read_situation()).conversation_id
        if id_ is None:
            await self._send(Err("no_conversation", "say something first"))
            return
        who = (self._channel.public_key, self._visitor.client)
        is_transcript = isinstance(frame, AskTranscript)
        if is_transcript and not await self._limiter.hit(TRANSCRIPTS, *who):
            await self._send(Err("too_many", "too many transcripts: try again in an hour"))
            return
        try:
            await self._change(id_, frame)
        except Problem as problem:
            await self._send(Err("refused", problem.detail))
            return
        await self._send(Done("transcript" if is_transcript else "email"))

    async def _change(self, id_: UUID, frame: LeaveEmail | AskTranscript) -> None:
        gateway = self._gateway
        async with changing(gateway.database, self._channel.workspace_id, id_) as change:
            if isinstance(frame, LeaveEmail):
                await leave_email(change, frame.email)
            else:
                own = self._visitor.who
                proven = own.address if own.space == "email" else None
                await mail_transcript(change, gateway.configuration, frame.email or proven)
        gateway.wakeups.notify(Topic.FEED, Topic.DELIVERY)

    def _hear(self, heard: Ephemeral) -> None:
        if not isinstance(heard, Typing) or heard.by != "agent":
            return
        if heard.conversation_id == self._place.conversation_id:
            self._agents_typing[heard.name] = heard.on
            self._changed.set()

    async def _tell(self) -> None:
        """Send what is new, for as long as the socket lives."""
        try:
            while True:
                try:
                    await self._catch_up()
                except Exception as error:
                    if not is_database_away(error):
                        raise
                await wait_for(self._changed, READ_AGAIN_S)
        finally:
            self._watch(None)

    async def _catch_up(self) -> None:
        now = await self._read_situation()
        if now.conversation_id is None:
            return
        if now.conversation_id != self._place.conversation_id:
            self._place = Place(now.conversation_id, 0)
            self._told = Situation()
        self._watch(now.conversation_id)
        await self._tell_situation(now)
        while messages := await self._unread():
            for message in messages:
                await self._send(message)
                self._place.seq = message.seq
        typing, self._agents_typing = self._agents_typing, {}
        for name, on in typing.items():
            await self._send(AgentTyping(on, name))

    async def _tell_situation(self, now: Situation) -> None:
        before, self._told = self._told, now
        if now.agent != before.agent:
            state = AgentState("joined", now.agent) if now.agent else AgentState("left")
            await self._send(state)
        if now.agent_read > before.agent_read:
            await self._send(AgentRead(now.agent_read))

    def _watch(self, conversation_id: UUID | None) -> None:
        """Be woken by this conversation, and no longer by another."""
        if conversation_id == self._watched:
            return
        hub, workspace_id = self._gateway.hub, self._channel.workspace_id
        if self._watched is not None:
            hub.unwatch(workspace_id, self._watched, self._changed)
        if conversation_id is not None:
            hub.watch(workspace_id, conversation_id, self._changed)
            self._changed.set()  # what came between the last reading and the watch
        self._watched = conversation_id

    async def _read_situation(self) -> Situation:
        async with self._gateway.database.transaction() as session:
            self._situation = await read_situation(session, self._channel, self._visitor.who)
        return self._situation

    async def _unread(self) -> list[ServerMessage]:
        if self._place.conversation_id is None:
            return []
        async with self._gateway.database.transaction() as session:
            place = (self._place.conversation_id, self._place.seq)
            links = self._gateway.survey_links
            return await read_messages(session, self._channel, self._visitor.who, place, links)


def _uuid(text: str | None) -> UUID | None:
    with suppress(ValueError):
        return UUID(text) if text else None
    return None
