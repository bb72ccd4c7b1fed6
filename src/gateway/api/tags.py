"""Tags: the list that agents choose from. Rules may give others."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.api.callers import AdminCaller, AgentCaller, Parts
from gateway.api.changes import configuring
from gateway.api.problems import documented
from gateway.api.texts import Name, Text
from gateway.database.schema import Tag, TagMove
from gateway.ids import new_id
from gateway.problems import conflict, invalid
from gateway.tags.records import become, find_tag

router = APIRouter(prefix="/v1/tags", tags=["tags"], responses=documented(401, 403, 422, 503))

Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
Description = Annotated[Text, Field(max_length=2_000)]

EXAMPLE: dict[str, Any] = {"name": "refund", "description": "Wants money back", "colour": "#b00020"}


class TagIn(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    name: Name
    description: Description | None = None
    colour: Colour | None = None


class TagPatch(BaseModel):
    """Only what is given changes. Agents give no conversation a tag that is `archived`."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"archived": True}]})

    description: Description | None = None
    colour: Colour | None = None
    archived: bool | None = None


class TagOut(BaseModel):
    id: UUID
    name: str
    description: str | None
    colour: str | None
    created_at: datetime
    archived_at: datetime | None


class Rename(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Name


class MergeTag(BaseModel):
    """`into` is the tag that stays."""

    model_config = ConfigDict(extra="forbid")

    into: UUID


class MoveOut(BaseModel):
    """How far conversations have come from tag `source` to `target`; over at `done_at`."""

    id: UUID
    source: str
    target: str
    conversations: int
    created_at: datetime
    done_at: datetime | None


@router.get("")
async def list_tags(gateway: Parts, caller: AgentCaller) -> list[TagOut]:
    """All, by name, with those that are archived."""
    statement = select(Tag).where(Tag.workspace_id == caller.workspace_id).order_by(Tag.name)
    async with gateway.database.transaction() as session:
        return [_shown(row) for row in await session.scalars(statement)]


@router.get("/moves")
async def list_moves(gateway: Parts, caller: AdminCaller) -> list[MoveOut]:
    """The latest hundred tags that became another, newest first."""
    statement = select(TagMove).where(TagMove.workspace_id == caller.workspace_id)
    async with gateway.database.transaction() as session:
        rows = await session.scalars(statement.order_by(TagMove.id.desc()).limit(100))
        return [_move(row) for row in rows]


@router.post("", status_code=201, responses=documented(409))
async def create_tag(gateway: Parts, caller: AdminCaller, body: TagIn) -> TagOut:
    row = Tag(workspace_id=caller.workspace_id, id=new_id(), **body.model_dump())
    async with gateway.database.transaction() as session:
        session.add(row)
        await _flush(session)
        return _shown(row)


@router.get("/{id}", responses=documented(404))
async def get_tag(gateway: Parts, caller: AgentCaller, id: UUID) -> TagOut:  # noqa: A002
    async with gateway.database.transaction() as session:
        return _shown(await find_tag(session, caller.workspace_id, id))


@router.patch("/{id}", responses=documented(404))
async def change_tag(
    gateway: Parts,
    caller: AdminCaller,
    id: UUID,  # noqa: A002
    body: TagPatch,
) -> TagOut:
    async with gateway.database.transaction() as session:
        row = await find_tag(session, caller.workspace_id, id)
        changes = body.model_dump(exclude_unset=True)
        archived = changes.pop("archived", None)
        for field, value in changes.items():
            setattr(row, field, value)
        if archived is not None:
            row.archived_at = (row.archived_at or func.now()) if archived else None
        await session.flush()
        await session.refresh(row)
        return _shown(row)


@router.post("/{id}/rename", status_code=202, responses=documented(404, 409))
async def rename_tag(
    gateway: Parts,
    caller: AdminCaller,
    id: UUID,  # noqa: A002
    body: Rename,
) -> MoveOut:
    """Call it otherwise; a worker renames it on conversations, GET /v1/tags/moves says how far."""
    async with configuring(gateway, caller.workspace_id) as session:
        row = await find_tag(session, caller.workspace_id, id)
        source, row.name = row.name, body.name
        if source == row.name:
            raise invalid("the tag has this name", [("/name", "must be another name")])
        await _flush(session)
        return await _shown_move(session, caller.workspace_id, source, row.name)


@router.post("/{id}/merge", status_code=202, responses=documented(404, 409))
async def merge_tag(
    gateway: Parts,
    caller: AdminCaller,
    id: UUID,  # noqa: A002
    body: MergeTag,
) -> MoveOut:
    """Give conversations another tag in place of this one, which is gone from the list."""
    async with configuring(gateway, caller.workspace_id) as session:
        row = await find_tag(session, caller.workspace_id, id)
        into = await session.get(Tag, (caller.workspace_id, body.into))
        if into is None or into.id == row.id:
            raise invalid("there is nothing to merge into", [("/into", "must be another tag's id")])
        await session.delete(row)
        return await _shown_move(session, caller.workspace_id, row.name, into.name)


async def _shown_move(
    session: AsyncSession, workspace_id: int, source: str, target: str
) -> MoveOut:
    move = await become(session, workspace_id, source, target)
    await session.refresh(move)
    return _move(move)


async def _flush(session: AsyncSession) -> None:
    try:
        await session.flush()
    except IntegrityError:
        raise conflict("another tag has this name: merge the one into the other") from None


def _shown(row: Tag) -> TagOut:
    return TagOut.model_validate(row, from_attributes=True)


def _move(row: TagMove) -> MoveOut:
    return MoveOut.model_validate(row, from_attributes=True)
