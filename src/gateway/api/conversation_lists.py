"""Lists of conversations, in the order of their activity or of what is due; what is at hand."""

from collections import Counter
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from gateway.access.tokens import Principal
from gateway.api.callers import AgentCaller, Parts, acting_agent
from gateway.api.pages import Page, encode_cursor, moment_and_id_after
from gateway.api.problems import documented
from gateway.api.texts import Name
from gateway.conversations.inbox import OpenStatus, count_open
from gateway.conversations.listing import KEYS, Key, Order, Wanted, list_conversations
from gateway.feed.item import ConversationItem
from gateway.problems import invalid

router = APIRouter(prefix="/v1", tags=["conversations"], responses=documented(401, 403, 422, 503))

Status = OpenStatus | Literal["solved", "closed"]
PriorityName = Literal["low", "normal", "high", "urgent"]

EXAMPLE: dict[str, Any] = {
    "queues": [
        {
            "queue": "01994f3c-6a00-7000-8000-000000000001",
            "queued": 7,
            "offered": 1,
            "assigned": 12,
            "pending": 4,
            "unassigned": 7,
            "overdue": 2,
        }
    ],
    "mine": {"queued": 0, "offered": 1, "assigned": 3, "pending": 1},
}


class Filters(BaseModel):
    """What conversations lists and searches are narrowed to."""

    status: Annotated[list[Status], Field(description="Any of these")] = []
    queue: UUID | None = None
    level: Annotated[int | None, Field(ge=1, le=3, description="Of the queue", examples=[2])] = None
    priority: Annotated[list[PriorityName], Field(description="Any of these")] = []
    channel: UUID | None = None
    contact: Annotated[UUID | None, Field(description="Over all of the contact's addresses")] = None
    type: Annotated[Name | None, Field(examples=["refund"])] = None
    assignee: Annotated[
        UUID | Literal["me", "nobody"] | None, Field(description="An agent, `me` or `nobody`")
    ] = None
    due_before: Annotated[
        AwareDatetime | None, Field(description="A clock that runs is due before")
    ] = None
    overdue: Annotated[bool, Field(description="A clock that runs was due before now")] = False
    tag: Annotated[list[Name], Field(max_length=10, description="All of these")] = []

    def narrowed(self, caller: Principal) -> Wanted:
        return Wanted(
            statuses=tuple(self.status),
            queue_id=self.queue,
            level=self.level,
            priorities=tuple(self.priority),
            channel_id=self.channel,
            contact_id=self.contact,
            type=self.type,
            assignee_id=_assignee(self.assignee, caller),
            unassigned=self.assignee == "nobody",
            due_before=self._due_before(),
            tags=tuple(self.tag),
        )

    def require_listable(self) -> None:
        """Closed conversations have an index of their own.

        Raises:
            Problem: 422, others are wanted beside them.
        """
        if "closed" in self.status and len(self.status) > 1:
            detail = "closed conversations are listed by themselves"
            raise invalid(detail, [("/status", "ask twice")])

    def _due_before(self) -> datetime | None:
        if not self.overdue:
            return self.due_before
        now = datetime.now(UTC)
        return now if self.due_before is None else min(now, self.due_before)


class ConversationsWanted(Filters):
    """The query of a list."""

    sort: Annotated[
        Order,
        Field(description="`due`: only those that are due at some time, and by that"),
    ] = "recent"
    cursor: Annotated[
        str | None, Field(max_length=500, description="`next` of the page before")
    ] = None
    limit: Annotated[int, Field(ge=1, le=100, description="Items per page")] = 50

    def after(self) -> Key | None:
        return None if self.cursor is None else moment_and_id_after(self.cursor)


class StatusCounts(BaseModel):
    queued: int = 0
    offered: int = 0
    assigned: int = 0
    pending: int = 0


class QueueCounts(StatusCounts):
    """`unassigned` and `overdue` are of those in the four statuses."""

    queue: UUID
    unassigned: int = 0
    overdue: int = 0


class InboxCounts(BaseModel):
    """Queues where something is open, and what of it the calling agent has.

    What is solved or closed waits for nobody, and is not counted.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    queues: list[QueueCounts]
    mine: StatusCounts


@router.get("/inbox/counts")
async def count_inbox(gateway: Parts, caller: AgentCaller) -> InboxCounts:
    """Open conversations by queue and status, of what the caller may see."""
    async with gateway.database.transaction() as session:
        rows = await count_open(session, caller)
    queues: dict[UUID, QueueCounts] = {}
    mine: Counter[str] = Counter()
    for row in rows:
        counts = queues.setdefault(row.queue_id, QueueCounts(queue=row.queue_id))
        setattr(counts, row.status, row.total)
        counts.unassigned += row.unassigned
        counts.overdue += row.overdue
        mine[row.status] += row.mine
    return InboxCounts(queues=list(queues.values()), mine=StatusCounts(**mine))


@router.get("/conversations")
async def get_conversations(
    gateway: Parts, caller: AgentCaller, query: Annotated[ConversationsWanted, Query()]
) -> Page[ConversationItem]:
    """The most recently active first, of what the caller may see.

    Closed ones are listed only when `status` is `closed` alone.
    """
    query.require_listable()
    async with gateway.database.transaction() as session:
        items = await list_conversations(
            session,
            caller,
            query.narrowed(caller),
            order=query.sort,
            limit=query.limit,
            after=query.after(),
        )
    return Page(items=items, next=_following(items, query))


def _following(items: list[ConversationItem], query: ConversationsWanted) -> str | None:
    if len(items) < query.limit:
        return None
    moment: datetime = getattr(items[-1], KEYS[query.sort])
    return encode_cursor(moment, items[-1].id)


def _assignee(wanted: UUID | str | None, caller: Principal) -> UUID | None:
    if wanted == "me":
        return acting_agent(caller)
    return wanted if isinstance(wanted, UUID) else None
