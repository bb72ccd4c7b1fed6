"""Lists of conversations: narrowed, in the order of their activity or of what is due."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field

from gateway.access.tokens import Principal
from gateway.api.callers import AgentCaller, Parts, acting_agent
from gateway.api.pages import Page, encode_cursor, moment_and_id_after
from gateway.api.problems import documented
from gateway.api.texts import Name
from gateway.conversations import reading
from gateway.conversations.reading import KEYS, Key, Order, Wanted
from gateway.feed.item import ConversationItem
from gateway.problems import invalid

router = APIRouter(prefix="/v1", tags=["conversations"], responses=documented(401, 403, 422, 503))

Status = Literal["queued", "offered", "assigned", "pending", "solved", "closed"]


class ConversationsWanted(BaseModel):
    """The query of a list."""

    status: Annotated[list[Status], Field(description="Any of these")] = []
    queue: UUID | None = None
    assignee: Annotated[
        UUID | Literal["me", "nobody"] | None, Field(description="An agent, `me` or `nobody`")
    ] = None
    due_before: Annotated[
        AwareDatetime | None, Field(description="A clock that runs is due before")
    ] = None
    sort: Annotated[
        Order,
        Field(description="`due`: only those that are due at some time, and by that"),
    ] = "recent"
    tag: Annotated[list[Name], Field(max_length=10, description="All of these")] = []
    cursor: Annotated[
        str | None, Field(max_length=500, description="`next` of the page before")
    ] = None
    limit: Annotated[int, Field(ge=1, le=100, description="Items per page")] = 50

    def narrowed(self, caller: Principal) -> Wanted:
        return Wanted(
            statuses=tuple(self.status),
            queue_id=self.queue,
            assignee_id=_assignee(self.assignee, caller),
            unassigned=self.assignee == "nobody",
            due_before=self.due_before,
            tags=tuple(self.tag),
        )

    def after(self) -> Key | None:
        return None if self.cursor is None else moment_and_id_after(self.cursor)


@router.get("/conversations")
async def list_conversations(
    gateway: Parts, caller: AgentCaller, query: Annotated[ConversationsWanted, Query()]
) -> Page[ConversationItem]:
    """The most recently active first; closed ones only when `status` is `closed` alone."""
    if "closed" in query.status and len(query.status) > 1:
        raise invalid("closed conversations are listed by themselves", [("/status", "ask twice")])
    async with gateway.database.transaction() as session:
        items = await reading.list_conversations(
            session,
            caller.workspace_id,
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
