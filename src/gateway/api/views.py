"""Saved views: lists of conversations that agents come back to, their own and shared ones."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.access.tokens import Principal
from gateway.api.callers import AgentCaller, Parts, acting_agent
from gateway.api.conversation_lists import Filters
from gateway.api.problems import documented
from gateway.api.texts import Name
from gateway.conversations.listing import Order, count_conversations
from gateway.database.schema import SavedView
from gateway.feed.scope import UNBOUND
from gateway.ids import new_id
from gateway.problems import Problem, conflict, not_found

router = APIRouter(prefix="/v1/views", tags=["views"], responses=documented(401, 403, 422, 503))

MOST_VIEWS = 50
MOST_COUNTED = 1_000

EXAMPLE: dict[str, Any] = {
    "name": "Urgent and nobody's",
    "filters": {"priority": ["urgent"], "assignee": "nobody"},
    "sort": "due",
    "shared": True,
}


class ViewFilters(Filters):
    """The filters of GET /v1/conversations; `me` is whoever looks."""

    model_config = ConfigDict(extra="forbid")


class ViewIn(BaseModel):
    """A view as a whole; all see one that is `shared`."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    name: Name
    filters: ViewFilters
    sort: Order = "recent"
    shared: bool = False


class ViewOut(ViewIn):
    """`agent` is whose it is."""

    model_config = ConfigDict(json_schema_extra={"examples": []})

    id: UUID
    agent: UUID
    created_at: datetime


class ViewCount(BaseModel):
    """How many conversations the caller finds there, a thousand at most."""

    view: UUID
    conversations: Annotated[int, Field(le=MOST_COUNTED)]


@router.get("")
async def list_views(gateway: Parts, caller: AgentCaller) -> list[ViewOut]:
    """The caller's own and those that are shared, by name."""
    async with gateway.database.transaction() as session:
        return [_shown(row) for row in await _visible(session, caller)]


@router.get("/counts")
async def count_views(gateway: Parts, caller: AgentCaller) -> list[ViewCount]:
    """How many conversations are in each view that the caller sees, of what they may see."""
    async with gateway.database.transaction() as session:
        return [
            ViewCount(view=row.id, conversations=await _count(session, caller, row))
            for row in await _visible(session, caller)
        ]


@router.post("", status_code=201, responses=documented(409))
async def create_view(gateway: Parts, caller: AgentCaller, body: ViewIn) -> ViewOut:
    """Keep what a list is narrowed to; an agent has fifty views at most."""
    agent_id = acting_agent(caller)
    body.filters.require_listable()
    async with gateway.database.transaction() as session:
        own = select(SavedView.id).where(
            SavedView.workspace_id == caller.workspace_id, SavedView.agent_id == agent_id
        )
        if len((await session.scalars(own)).all()) >= MOST_VIEWS:
            raise conflict(f"an agent has at most {MOST_VIEWS} views: delete one first")
        row = SavedView(workspace_id=caller.workspace_id, id=new_id(), agent_id=agent_id)
        _write(row, body)
        session.add(row)
        await session.flush()
        await session.refresh(row)
        return _shown(row)


@router.get("/{id}", responses=documented(404))
async def get_view(gateway: Parts, caller: AgentCaller, id: UUID) -> ViewOut:  # noqa: A002
    async with gateway.database.transaction() as session:
        return _shown(await _find(session, caller, id))


@router.put("/{id}", responses=documented(404))
async def change_view(
    gateway: Parts,
    caller: AgentCaller,
    id: UUID,  # noqa: A002
    body: ViewIn,
) -> ViewOut:
    """Whose it is may change it; a shared one supervisors too."""
    body.filters.require_listable()
    async with gateway.database.transaction() as session:
        row = await _find(session, caller, id)
        _require_changeable(row, caller)
        _write(row, body)
        await session.flush()
        return _shown(row)


@router.delete("/{id}", status_code=204, responses=documented(404))
async def delete_view(gateway: Parts, caller: AgentCaller, id: UUID) -> None:  # noqa: A002
    """Whose it is may delete it; a shared one supervisors too."""
    async with gateway.database.transaction() as session:
        row = await _find(session, caller, id)
        _require_changeable(row, caller)
        await session.delete(row)


def _seen_by(caller: Principal) -> list[ColumnElement[bool]]:
    seen = or_(SavedView.is_shared, SavedView.agent_id == caller.agent_id)
    return [SavedView.workspace_id == caller.workspace_id, seen]


async def _visible(session: AsyncSession, caller: Principal) -> list[SavedView]:
    statement = select(SavedView).where(*_seen_by(caller)).order_by(SavedView.name, SavedView.id)
    return list(await session.scalars(statement))


async def _find(session: AsyncSession, caller: Principal, view_id: UUID) -> SavedView:
    statement = select(SavedView).where(*_seen_by(caller), SavedView.id == view_id)
    row = await session.scalar(statement)
    if row is None:
        raise not_found("view")
    return row


def _require_changeable(row: SavedView, caller: Principal) -> None:
    if row.agent_id != caller.agent_id and caller.role not in UNBOUND:
        detail = "another agent shares this view: they or a supervisor can change it"
        raise Problem(403, "Forbidden", detail)


async def _count(session: AsyncSession, caller: Principal, row: SavedView) -> int:
    """Nothing is an API key's own."""
    filters = Filters.model_validate(row.filters)
    if filters.assignee == "me" and caller.agent_id is None:
        return 0
    return await count_conversations(session, caller, filters.narrowed(caller), most=MOST_COUNTED)


def _write(row: SavedView, body: ViewIn) -> None:
    row.name, row.sort, row.is_shared = body.name, body.sort, body.shared
    row.filters = body.filters.model_dump(mode="json", exclude_defaults=True)


def _shown(row: SavedView) -> ViewOut:
    return ViewOut(
        id=row.id,
        agent=row.agent_id,
        name=row.name,
        filters=ViewFilters.model_validate(row.filters),
        sort="due" if row.sort == "due" else "recent",
        shared=row.is_shared,
        created_at=row.created_at,
    )
