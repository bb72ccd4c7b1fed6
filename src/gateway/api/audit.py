"""Who changed what: the log of administrative acts."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel
from sqlalchemy import select

from gateway.api.callers import AdminCaller, Parts
from gateway.api.pages import Cursor, Limit, Page, encode_cursor, id_after
from gateway.api.problems import documented
from gateway.api.texts import Value
from gateway.database.schema import AccessToken, Agent, AuditEntry

router = APIRouter(prefix="/v1/audit", tags=["access"], responses=documented(401, 403, 422, 503))


class Change(BaseModel):
    """A field of a row; `before` and `after` are null for nothing, and for what is not shown."""

    table: str
    field: str
    before: Any
    after: Any


class AuditEntryOut(BaseModel):
    """`agent` is null for an API key, whose name `by` then is. `action` is the call.

    Logins by the provider are acts too; of those refused, nobody is named.
    """

    id: UUID
    at: datetime
    token: UUID | None
    agent: UUID | None
    by: str | None
    action: str
    target: str | None
    changes: list[Change]


@router.get("")
async def list_entries(
    gateway: Parts,
    caller: AdminCaller,
    agent: Annotated[UUID | None, Query(description="Only this agent's acts")] = None,
    target: Annotated[Value | None, Query(description="Only what was done to this id")] = None,
    since: Annotated[AwareDatetime | None, Query(description="Only from then on")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[AuditEntryOut]:
    """The newest first. Acts of administration alone; what agents do stands in the feed's log."""
    statement = (
        select(AuditEntry, Agent.name, AccessToken.name)
        .outerjoin(
            Agent,
            (Agent.workspace_id == AuditEntry.workspace_id) & (Agent.id == AuditEntry.agent_id),
        )
        .outerjoin(
            AccessToken,
            (AccessToken.workspace_id == AuditEntry.workspace_id)
            & (AccessToken.id == AuditEntry.token_id),
        )
        .where(AuditEntry.workspace_id == caller.workspace_id)
        .order_by(AuditEntry.id.desc())
        .limit(limit)
    )
    if agent is not None:
        statement = statement.where(AuditEntry.agent_id == agent)
    if target is not None:
        statement = statement.where(AuditEntry.target == target)
    if since is not None:
        statement = statement.where(AuditEntry.at >= since)
    if cursor is not None:
        statement = statement.where(AuditEntry.id < id_after(cursor))
    async with gateway.database.transaction() as session:
        rows = (await session.execute(statement)).all()
    items = [_shown(entry, agent_name or key_name) for entry, agent_name, key_name in rows]
    return Page(items=items, next=encode_cursor(items[-1].id) if len(items) == limit else None)


def _shown(entry: AuditEntry, by: str | None) -> AuditEntryOut:
    return AuditEntryOut(
        id=entry.id,
        at=entry.at,
        token=entry.token_id,
        agent=entry.agent_id,
        by=by,
        action=entry.action,
        target=entry.target,
        changes=[Change(**change) for change in entry.changes],
    )
