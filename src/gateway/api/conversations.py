"""Conversations: reading them, and everything that an agent does with one."""

from datetime import datetime
from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.access.tokens import Principal
from gateway.api.callers import AgentCaller, Parts, acting_agent
from gateway.api.drafts import Reply, Say, drafted
from gateway.api.messages import MessageOut, WantedBeside, link_to, shown
from gateway.api.pages import Limit, Page
from gateway.api.problems import documented
from gateway.api.seeing import SEES_CONVERSATION, require_seen
from gateway.api.sla_clocks import ClockOut, read_clocks
from gateway.attributes.definitions import Read
from gateway.attributes.definitions import shown as typed
from gateway.conversations import assigning, commands, joining, reading
from gateway.conversations.assigning import Done
from gateway.conversations.commands import Command
from gateway.conversations.read_marks import read_marks
from gateway.database.schema import Decision
from gateway.feed.item import ConversationItem
from gateway.macros.using import MacroUse
from gateway.problems import not_found
from gateway.wakeups import Topic
from routing.explanation import Explanation, sentences

router = APIRouter(
    prefix="/v1",
    tags=["conversations"],
    responses=documented(401, 403, 404, 409, 422, 503),
    dependencies=[SEES_CONVERSATION],
)

IdempotencyKey = Annotated[
    str | None,
    Header(max_length=200, description="Repeat the call with the same key after a lost answer"),
]


class DecisionOut(BaseModel):
    """Why the conversation is where it is: `because` in sentences, `explanation` in full.

    `message` is null where an SLA clock gave the occasion: `facts` have its `sign` and `metric`.
    """

    id: UUID
    message: UUID | None
    rule_set_version: int
    decided_at: datetime
    outcome: dict[str, Any]
    facts: dict[str, Any]
    explanation: dict[str, Any] | None
    because: list[str]
    error: str | None


class ReadOut(BaseModel):
    """The `seq` up to which each side has read, 0 where nothing is known."""

    customer: int = 0
    agent: int = 0


class Conversation(ConversationItem):
    """`links` are conversations that speak of each other; nothing is merged silently.

    `merged_into` is where the messages of one that was merged are now; `clocks` are empty without
    an SLA policy. `priority_by` is the agent who has set the priority, null where rules did.
    """

    links: list[UUID]
    read: ReadOut
    merged_into: UUID | None
    priority_by: UUID | None
    clocks: list[ClockOut]
    attributes: dict[str, Read]


class Outcome(BaseModel):
    """A committed command: wait for `pos` on the feed to see it there."""

    conversation: UUID
    ver: int
    pos: int
    message: UUID | None = None


class Merge(BaseModel):
    """`into` is the conversation that goes on."""

    into: UUID


class Split(BaseModel):
    """`messages` are the ids of those that belong to another matter."""

    messages: Annotated[list[UUID], Field(min_length=1, max_length=1_000)]


def outcome(done: Done) -> Outcome:
    return Outcome(
        conversation=done.conversation_id,
        ver=done.version,
        pos=done.position,
        message=done.message_id,
    )


@router.get("/conversations/{id}")
async def get_conversation(gateway: Parts, caller: AgentCaller, id: UUID) -> Conversation:  # noqa: A002
    async with gateway.database.transaction() as session:
        item = await reading.find_conversation(session, caller.workspace_id, id)
        if item is None:
            raise not_found("conversation")
        links = await reading.list_links(session, caller.workspace_id, id)
        row = await reading.row_of(session, caller.workspace_id, id)
        read = ReadOut(**await read_marks(session, caller.workspace_id, id))
        clocks = await read_clocks(session, caller.workspace_id, id)
    definitions = gateway.configuration.workspace(caller.workspace_id).attributes
    return Conversation(
        **dict(item),
        links=links,
        read=read,
        merged_into=row and row.merged_into,
        priority_by=row and row.priority_by,
        clocks=clocks,
        attributes=typed(row.attributes, definitions) if row else {},
    )


@router.get("/conversations/{id}/messages")
async def list_messages(
    gateway: Parts,
    caller: AgentCaller,
    id: UUID,  # noqa: A002
    wanted: WantedBeside,
    request: Request,
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="`seq` of the last known")] = 0,
    limit: Limit = 50,
) -> Page[MessageOut]:
    """The thread in order; `next` is the `after` of the following page."""
    async with gateway.database.transaction() as session:
        await _require(session, caller, id)
        said = await reading.list_messages(
            session, caller.workspace_id, id, after=after, limit=limit
        )
    following = str(said[-1].message.seq) if len(said) == limit else None
    items = await shown(said, wanted, link_to(gateway, caller, request))
    return Page(items=items, next=following)


@router.get("/conversations/{id}/decisions")
async def list_decisions(
    gateway: Parts,
    caller: AgentCaller,
    id: UUID,  # noqa: A002
) -> list[DecisionOut]:
    """Every decision about the conversation's messages, oldest first, with its reasons."""
    async with gateway.database.transaction() as session:
        await _require(session, caller, id)
        decisions = await reading.list_decisions(session, caller.workspace_id, id)
    return [_decision(decision) for decision in decisions]


async def _require(session: AsyncSession, caller: Principal, conversation_id: UUID) -> None:
    if not await reading.conversation_exists(session, caller.workspace_id, conversation_id):
        raise not_found("conversation")


@router.post("/conversations/{id}/merge")
async def merge(
    gateway: Parts,
    caller: AgentCaller,
    id: UUID,  # noqa: A002
    body: Merge,
) -> Outcome:
    """Move all messages into another conversation, and close this one."""
    await require_seen(gateway, caller, body.into)
    return told(
        gateway,
        await joining.merge(
            gateway.database, caller.workspace_id, id, acting_agent(caller), into=body.into
        ),
    )


@router.post("/conversations/{id}/split", status_code=201)
async def split(
    gateway: Parts,
    caller: AgentCaller,
    id: UUID,  # noqa: A002
    body: Split,
) -> Outcome:
    """Make a new conversation of some messages; the answer names it."""
    return told(
        gateway,
        await joining.split(
            gateway.database,
            caller.workspace_id,
            id,
            acting_agent(caller),
            message_ids=body.messages,
        ),
    )


@router.post("/conversations/{id}/solve")
async def solve(gateway: Parts, caller: AgentCaller, id: UUID) -> Outcome:  # noqa: A002
    """Mark the matter as solved; a further message of the customer reopens it."""
    return told(
        gateway,
        await assigning.solve(
            gateway.database,
            gateway.configuration,
            caller.workspace_id,
            id,
            acting_agent(caller),
        ),
    )


@router.post("/conversations/{id}/replies", status_code=201)
async def reply(
    gateway: Parts,
    caller: AgentCaller,
    id: UUID,  # noqa: A002
    body: Reply,
    idempotency_key: IdempotencyKey = None,
) -> Outcome:
    """Answer the customer over the channel that they used (forms: by mail)."""
    macro = MacroUse(body.macro, body.language) if body.macro else None
    draft = await drafted(gateway, body, may_be_empty=macro is not None)
    command = Command(caller.workspace_id, id, acting_agent(caller), draft, idempotency_key, macro)
    done = await commands.reply(gateway.database, gateway.configuration, command)
    gateway.wakeups.notify(Topic.DELIVERY)
    return told(gateway, done)


@router.post("/conversations/{id}/notes", status_code=201)
async def note(
    gateway: Parts,
    caller: AgentCaller,
    id: UUID,  # noqa: A002
    body: Say,
    idempotency_key: IdempotencyKey = None,
) -> Outcome:
    """Add a note that only agents see."""
    draft = await drafted(gateway, body)
    command = Command(caller.workspace_id, id, acting_agent(caller), draft, idempotency_key)
    return told(gateway, await commands.note(gateway.database, command))


def told(gateway: Parts, done: Done) -> Outcome:
    """Answer with a committed command, and let feeds and the matcher know."""
    gateway.wakeups.notify(Topic.FEED, Topic.ASSIGNMENT)
    return outcome(done)


def _decision(row: Decision) -> DecisionOut:
    return DecisionOut(
        id=row.id,
        message=row.message_id,
        rule_set_version=row.rule_set_version,
        decided_at=row.decided_at,
        outcome=row.outcome,
        facts=row.facts,
        explanation=row.explanation,
        because=sentences(cast("Explanation", row.explanation)) if row.explanation else [],
        error=row.error,
    )
