"""What is authentic but could not be processed: look at it, try again, or give it up."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import defer

from gateway.api.callers import AdminCaller, Parts
from gateway.api.downloads import BINARY, download
from gateway.api.pages import Cursor, Limit, Page, encode_cursor, id_after
from gateway.api.problems import documented
from gateway.database.schema import Quarantine
from gateway.ingest import replay

router = APIRouter(
    prefix="/v1/quarantine", tags=["quarantine"], responses=documented(401, 403, 422, 503)
)

State = Literal["held", "replayed", "discarded"]


class EntryOut(BaseModel):
    """A payload as it came. `message` is what a replay made of it.

    `envelope` is what the transport knew. The raw bytes are at GET /v1/quarantine/{id}/raw.
    """

    id: UUID
    channel: UUID
    state: State
    code: str = Field(examples=["no_sender"], description="What was wrong, last time it was tried")
    detail: str
    content_type: str
    envelope: dict[str, str]
    received_at: datetime
    settled_at: datetime | None
    message: UUID | None


@router.get("")
async def list_entries(
    gateway: Parts,
    caller: AdminCaller,
    state: Annotated[State | None, Query(description="Only those")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[EntryOut]:
    """The newest first."""
    statement = (
        select(Quarantine)
        .where(Quarantine.workspace_id == caller.workspace_id)
        .options(defer(Quarantine.body))
        .order_by(Quarantine.id.desc())
        .limit(limit)
    )
    if state is not None:
        statement = statement.where(Quarantine.state == state)
    if cursor is not None:
        statement = statement.where(Quarantine.id < id_after(cursor))
    async with gateway.database.transaction() as session:
        entries = (await session.scalars(statement)).all()
    following = encode_cursor(entries[-1].id) if len(entries) == limit else None
    return Page(items=[_shown(entry) for entry in entries], next=following)


@router.get("/{id}", responses=documented(404))
async def get_entry(gateway: Parts, caller: AdminCaller, id: UUID) -> EntryOut:  # noqa: A002
    async with gateway.database.transaction() as session:
        return _shown(await replay.find(session, caller.workspace_id, id))


@router.get(
    "/{id}/raw",
    response_class=Response,
    responses={**documented(404), 200: {"content": {BINARY: {}}}},
)
async def get_raw(gateway: Parts, caller: AdminCaller, id: UUID) -> Response:  # noqa: A002
    """The payload, byte for byte."""
    async with gateway.database.transaction() as session:
        entry = await replay.find(session, caller.workspace_id, id)
    body = await replay.raw_body(gateway.blobs, entry)
    return download(body, f"{id}.raw", BINARY)


@router.post("/{id}/replay", responses=documented(404, 409))
async def replay_entry(gateway: Parts, caller: AdminCaller, id: UUID) -> EntryOut:  # noqa: A002
    """Process the payload again; a second replay is harmless.

    409 tells why it still fails, as the entry does from then on.
    """
    entry = await replay.replay(
        gateway.database,
        gateway.configuration,
        gateway.intake,
        gateway.blobs,
        caller.workspace_id,
        id,
    )
    return _shown(entry)


@router.post("/{id}/discard", responses=documented(404, 409))
async def discard_entry(gateway: Parts, caller: AdminCaller, id: UUID) -> EntryOut:  # noqa: A002
    """Give the payload up; it is deleted with the raw payloads of its time."""
    async with gateway.database.transaction() as session:
        return _shown(await replay.discard(session, caller.workspace_id, id))


def _shown(entry: Quarantine) -> EntryOut:
    return EntryOut(
        id=entry.id,
        channel=entry.channel_id,
        state=entry.state,
        code=entry.code,
        detail=entry.detail,
        content_type=entry.content_type,
        envelope=entry.envelope,
        received_at=entry.received_at,
        settled_at=entry.settled_at,
        message=entry.message_id,
    )
