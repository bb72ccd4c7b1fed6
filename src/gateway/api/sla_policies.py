"""SLA policies: how soon customers are answered, and their matters solved."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from gateway import rule_sets
from gateway.api.callers import AdminCaller, AgentCaller, Parts
from gateway.api.changes import configuring
from gateway.api.problems import documented
from gateway.api.texts import Name
from gateway.database.schema import BusinessCalendar, SlaPolicy
from gateway.ids import new_id
from gateway.problems import conflict, invalid, not_found
from routing.facts import Reference

router = APIRouter(
    prefix="/v1/sla-policies", tags=["SLA policies"], responses=documented(401, 403, 422, 503)
)

MOST_S = 366 * 24 * 3600

Metric = Literal["first_response", "next_response", "resolution"]
Priority = Literal["low", "normal", "high", "urgent"]
Seconds = Annotated[int, Field(ge=1, le=MOST_S, strict=True)]
Targets = dict[Metric, dict[Priority, Seconds]]

EXAMPLE: dict[str, Any] = {
    "name": "Standard",
    "targets": {
        "first_response": {"urgent": 900, "high": 3600, "normal": 14400},
        "resolution": {"urgent": 14400, "normal": 115200},
    },
    "warning_percent": 80,
    "is_default": True,
}


class PolicyIn(BaseModel):
    """Targets in seconds of the calendar's open hours, or around the clock without one.

    A metric or priority that is left out is measured, and never due. A clock warns once a share of
    its target is over, or so many seconds before its end; without either it does not. The default
    policy is taken where no rule chooses one; without a default there are no clocks then.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    name: Name
    targets: Targets
    warning_percent: Annotated[int | None, Field(ge=1, le=99, strict=True)] = None
    warning_before_s: Seconds | None = None
    calendar: UUID | None = None
    is_default: bool = False


class PolicyOut(BaseModel):
    """`revision` grows with every change; clocks that run are then measured anew."""

    id: UUID
    name: str
    targets: Targets
    warning_percent: int | None
    warning_before_s: int | None
    calendar: UUID | None
    is_default: bool
    revision: int
    created_at: datetime


@router.get("")
async def list_policies(gateway: Parts, caller: AgentCaller) -> list[PolicyOut]:
    """All, by name."""
    statement = (
        select(SlaPolicy)
        .where(SlaPolicy.workspace_id == caller.workspace_id, SlaPolicy.archived_at.is_(None))
        .order_by(SlaPolicy.name, SlaPolicy.id)
    )
    async with gateway.database.transaction() as session:
        return [_shown(row) for row in await session.scalars(statement)]


@router.post("", status_code=201, responses=documented(409))
async def create_policy(gateway: Parts, caller: AdminCaller, body: PolicyIn) -> PolicyOut:
    """It counts for conversations that are opened or reopened from now on."""
    row = SlaPolicy(workspace_id=caller.workspace_id, id=new_id(), revision=1, is_default=False)
    async with configuring(gateway, caller.workspace_id) as session:
        await _fill(session, row, body)
        session.add(row)
        await _save(session, row)
        return _shown(row)


@router.get("/{id}", responses=documented(404))
async def get_policy(gateway: Parts, caller: AgentCaller, id: UUID) -> PolicyOut:  # noqa: A002
    async with gateway.database.transaction() as session:
        return _shown(await _find(session, caller.workspace_id, id))


@router.put("/{id}", responses=documented(404, 409))
async def replace_policy(
    gateway: Parts,
    caller: AdminCaller,
    id: UUID,  # noqa: A002
    body: PolicyIn,
) -> PolicyOut:
    """Change all of it. A worker measures the clocks that run anew; those that ended stay."""
    async with configuring(gateway, caller.workspace_id) as session:
        row = await _find(session, caller.workspace_id, id)
        row.revision += 1
        await _fill(session, row, body)
        await _save(session, row)
        return _shown(row)


@router.delete("/{id}", status_code=204, responses=documented(404, 409))
async def archive_policy(gateway: Parts, caller: AdminCaller, id: UUID) -> None:  # noqa: A002
    """Take it for no further conversation; those that are under it stay so."""
    async with configuring(gateway, caller.workspace_id) as session:
        row = await _find(session, caller.workspace_id, id)
        await rule_sets.require_unnamed(session, caller.workspace_id, Reference.SLA_POLICY, id)
        row.is_default, row.archived_at = False, func.now()


async def _find(session: AsyncSession, workspace_id: int, policy_id: UUID) -> SlaPolicy:
    row = await session.get(SlaPolicy, (workspace_id, policy_id))
    if row is None or row.archived_at is not None:
        raise not_found("SLA policy")
    return row


async def _fill(session: AsyncSession, row: SlaPolicy, body: PolicyIn) -> None:
    await _check(session, row.workspace_id, body)
    if body.is_default and not row.is_default:
        await session.execute(
            update(SlaPolicy)
            .where(SlaPolicy.workspace_id == row.workspace_id, SlaPolicy.is_default)
            .values(is_default=False)
        )
    row.name, row.is_default = body.name, body.is_default
    row.targets = body.model_dump()["targets"]
    row.warning_percent, row.warning_before_s = body.warning_percent, body.warning_before_s
    row.calendar_id = body.calendar


async def _check(session: AsyncSession, workspace_id: int, body: PolicyIn) -> None:
    """Raises Problem 422 with every mistake."""
    mistakes = []
    if body.warning_percent is not None and body.warning_before_s is not None:
        mistakes.append(("/warning_before_s", "leave it out, or warning_percent"))
    if body.calendar is not None and (
        await session.get(BusinessCalendar, (workspace_id, body.calendar)) is None
    ):
        mistakes.append(("/calendar", "must be the id of a calendar (GET /v1/calendars)"))
    if mistakes:
        raise invalid("the SLA policy has mistakes", mistakes)


async def _save(session: AsyncSession, row: SlaPolicy) -> None:
    try:
        await session.flush()
    except IntegrityError:
        raise conflict("another SLA policy has this name") from None
    await session.refresh(row)


def _shown(row: SlaPolicy) -> PolicyOut:
    return PolicyOut(
        id=row.id,
        name=row.name,
        targets=row.targets,
        warning_percent=row.warning_percent,
        warning_before_s=row.warning_before_s,
        calendar=row.calendar_id,
        is_default=row.is_default,
        revision=row.revision,
        created_at=row.created_at,
    )
