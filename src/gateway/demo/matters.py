"""Histories of conversations as the gateway tells them, at instants of our choice."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4


@dataclass
class Told:
    """An event that happened at one time, and was written at another."""

    at: datetime
    type: str
    conversation: UUID
    queues: tuple[UUID | None, UUID]
    agents: tuple[UUID | None, UUID | None]
    data: dict[str, Any]


@dataclass
class Matter:
    """A conversation while its history is told."""

    id: UUID
    channel: UUID
    queue: UUID
    level: int
    status: str = "queued"
    agent: UUID | None = None
    told: list[Told] = field(default_factory=list)

    def tell(
        self,
        at: datetime,
        type_: str,
        changed: dict[str, Any],
        *,
        written_at: datetime | None = None,
        queue: UUID | None = None,
        **more: Any,
    ) -> None:
        """`changed` is what of the conversation's item has changed."""
        before = (None if type_ == "conversation.opened" else self.queue), self.agent
        self.queue = queue or self.queue
        self.status = changed.get("status", self.status)
        self.agent = changed.get("assignee", self.agent)
        if written_at is not None:
            more["occurred_at"] = at
        queues, agents = (before[0], self.queue), (before[1], self.agent)
        data = {"conversation": changed, **more}
        self.told.append(Told(written_at or at, type_, self.id, queues, agents, data))

    def open(self, at: datetime, **item: Any) -> None:
        told = {
            "channel": self.channel, "status": "queued", "queue": self.queue, "level": self.level,
            "priority": "normal", "assignee": None, "type": None, "language": None, "tags": [],
            "opened_at": at, "solved_at": None, **item,
        }  # fmt: skip
        self.tell(at, "conversation.opened", told)
        self.receive(at)

    def receive(self, at: datetime, *, quiet: bool = False, late: datetime | None = None) -> None:
        message: dict[str, Any] = {"id": uuid4(), "direction": "inbound"}
        message |= {"quiet": True} if quiet else {}
        self.tell(at, "message.received", {}, written_at=late, message=message)

    def reopen(self, at: datetime) -> None:
        changed = {"status": "queued", "assignee": None, "queue": self.queue}
        self.tell(at, "conversation.reopened", changed)
        self.receive(at)

    def answer(self, at: datetime, agent: UUID | None, **more: Any) -> None:
        """Without an agent it is an automatic one."""
        message = {"id": uuid4(), "direction": "outbound", "agent": agent}
        self.tell(at, "message.replied", {}, message=message, **more)

    def survey(self, at: datetime, invitation: str, kind: str, score: int | None) -> None:
        """Asked where there is no score yet."""
        told: dict[str, Any] = {"invitation": invitation, "kind": kind}
        if score is None:
            self.tell(at, "survey.sent", {}, survey=told)
        else:
            self.tell(at, "survey.answered", {}, survey={**told, "score": score})

    def breach(self, at: datetime, clock: dict[str, Any]) -> None:
        self.tell(at, "sla.breached", {}, clock=clock)

    def assign(self, at: datetime, agent: UUID) -> None:
        self.tell(at, "conversation.assigned", {"status": "assigned", "assignee": agent})

    def release(self, at: datetime) -> None:
        self.tell(at, "conversation.released", {"status": "queued", "assignee": None})

    def pend(self, at: datetime) -> None:
        self.tell(at, "conversation.pended", {"status": "pending", "assignee": self.agent})

    def wake(self, at: datetime) -> None:
        status = "queued" if self.agent is None else "assigned"
        self.tell(at, "conversation.woken", {"status": status}, by="agent")

    def move(self, at: datetime, type_: str, queue: UUID, level: int) -> None:
        self.level = level
        changed = {"status": "queued", "queue": queue, "level": level, "assignee": None}
        self.tell(at, type_, changed, queue=queue)

    def label(self, at: datetime, **item: Any) -> None:
        self.tell(at, "conversation.labelled", item)

    def solve(self, at: datetime, agent: UUID | None, **more: Any) -> None:
        changed = {"status": "solved", "assignee": agent, "solved_at": at}
        self.tell(at, "conversation.solved", changed, **more)

    def close(self, at: datetime, *, merged: bool = False) -> None:
        type_ = "conversation.merged" if merged else "conversation.closed"
        self.tell(at, type_, {"status": "closed"})
