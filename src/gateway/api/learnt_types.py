"""Models that suggest the type of a message, learnt from the workspace's own conversations."""

from datetime import datetime
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, select, update
from sqlalchemy.orm import defer

from gateway.api.callers import AdminCaller, Parts
from gateway.api.changes import configuring
from gateway.api.problems import documented
from gateway.database.schema import LearntTypes
from gateway.learning.measuring import is_clearly_better
from gateway.problems import Problem, conflict

router = APIRouter(
    prefix="/v1/learnt-types", tags=["rules"], responses=documented(401, 403, 422, 503)
)


class LearntTypesOut(BaseModel):
    """A version: `accuracy` on `held_out` later messages, beside that of always the `majority`.

    `confusion` counts messages by their type and the suggested one, '' where nothing was suggested.
    Only what is `clearly_better` than the majority may be in force.
    """

    version: int
    state: Literal["waiting", "ready", "failed"]
    in_force: bool
    reason: str | None
    learnt: int
    held_out: int
    accuracy: float | None
    majority: float | None
    clearly_better: bool
    confusion: dict[str, dict[str, int]] | None
    requested_at: datetime
    ended_at: datetime | None


class InForce(BaseModel):
    """`version` suggests from now on; null: nothing does."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"version": 1}]})

    version: int | None = Field(ge=1, lt=2**31)


@router.get("")
async def list_learnt_types(gateway: Parts, caller: AdminCaller) -> list[LearntTypesOut]:
    """The latest hundred versions, newest first."""
    statement = (
        select(LearntTypes)
        .where(LearntTypes.workspace_id == caller.workspace_id)
        .options(defer(LearntTypes.model))
        .order_by(LearntTypes.version.desc())
        .limit(100)
    )
    async with gateway.database.transaction() as session:
        return [_shown(row) for row in await session.scalars(statement)]


@router.post("", status_code=202, responses=documented(409))
async def learn_types(gateway: Parts, caller: AdminCaller) -> LearntTypesOut:
    """Have the worker learn a version from the latest 20,000 conversations that have a type."""
    mine = LearntTypes.workspace_id == caller.workspace_id
    async with configuring(gateway, caller.workspace_id) as session:
        if await session.scalar(
            select(LearntTypes.version).where(mine, LearntTypes.state == "waiting")
        ):
            raise conflict("a version is being learnt: wait for it")
        last = await session.scalar(select(func.max(LearntTypes.version)).where(mine))
        row = LearntTypes(
            workspace_id=caller.workspace_id, version=(last or 0) + 1, state="waiting"
        )
        session.add(row)
        await session.flush()
        await session.refresh(row)
        return _shown(row)


@router.put("/in-force", status_code=204, responses=documented(404, 409))
async def choose_learnt_types(gateway: Parts, caller: AdminCaller, body: InForce) -> None:
    """Let a version suggest types to rules (`suggested_type`), or none."""
    mine = LearntTypes.workspace_id == caller.workspace_id
    async with configuring(gateway, caller.workspace_id) as session:
        await session.execute(update(LearntTypes).where(mine).values(in_force=False))
        if body.version is None:
            return
        row = await session.get(LearntTypes, (caller.workspace_id, body.version))
        if row is None:
            raise Problem(404, "Not Found", "there is no such version")
        if not _is_better(row):
            raise conflict("it is not clearly better than always the most frequent type")
        row.in_force = True


def _is_better(row: LearntTypes) -> bool:
    return is_clearly_better(row.held_out, row.right, row.majority_right)


def _shown(row: LearntTypes) -> LearntTypesOut:
    is_ready = row.state == "ready"
    return LearntTypesOut(
        version=row.version,
        state=row.state,
        in_force=row.in_force,
        reason=row.reason,
        learnt=row.learnt,
        held_out=row.held_out,
        accuracy=round(row.right / row.held_out, 4) if is_ready else None,
        majority=round(row.majority_right / row.held_out, 4) if is_ready else None,
        clearly_better=_is_better(row),
        confusion=row.confusion,
        requested_at=row.requested_at,
        ended_at=row.ended_at,
    )
