"""The workspace's policies, and who is calling."""

from datetime import datetime
from typing import Annotated, Literal, cast
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.access.tokens import Role
from gateway.api.callers import AdminCaller, AnyCaller, Parts
from gateway.api.changes import configuring
from gateway.api.problems import documented
from gateway.api.texts import Name, Text
from gateway.database.schema import Workspace
from gateway.macros.using import present_macro
from gateway.problems import conflict, invalid

router = APIRouter(prefix="/v1", responses=documented(401, 403, 422, 503))

Weights = Annotated[
    dict[Literal["email", "sms", "web_form", "chat"], Annotated[int, Field(ge=1, le=100)]],
    Field(description="How much of an agent's capacity one takes, by kind of channel; 1 unless"),
]
Days = Annotated[int | None, Field(ge=1, le=36_500, description="null keeps for ever")]


MAY_BE_NULL = {
    "raw_retention_days",
    "conversation_retention_days",
    "acknowledgement",
    "pending_days",
    "pending_notice",
}


class Me(BaseModel):
    """Who the token belongs to; `agent` is null for an API key."""

    workspace: int
    token: UUID
    name: str
    role: Role
    agent: UUID | None


class WorkspaceOut(BaseModel):
    """`rules_version` and `configuration` grow with every change of rules and settings."""

    id: int
    name: str
    created_at: datetime
    raw_retention_days: Days
    conversation_retention_days: Days
    feed_resume_hours: int
    capacity_weights: Weights
    default_capacity: int
    hop_limit: int
    decline_cooldown_s: int
    acknowledgement: UUID | None
    automatic_answers: int
    automatic_answer_hours: int
    pending_days: Days
    pending_notice: str | None
    unanswered_hours: int
    weekly_report: bool
    configuration: int
    rules_version: int


class WorkspacePatch(BaseModel):
    """Only what is given changes.

    Raw payloads go after `raw_retention_days`, whole conversations `conversation_retention_days`
    after they closed. Agents' UIs may resume the feed for `feed_resume_hours`. New agents have
    `default_capacity`; a new weight holds for what is assigned from then on. What has been moved
    more than `hop_limit` times goes to a queue of level 3, the supervisors'. Who has declined a
    conversation, or let its offer expire, is not asked again for `decline_cooldown_s`.
    `acknowledgement` is the macro that answers first messages, null for none; a channel may have
    its own. A contact gets `automatic_answers` in `automatic_answer_hours` at most, over all
    channels; 0 ends them.

    What has been pending for `pending_days` without a word is solved, with `pending_notice` as a
    message to the customer, whose answer reopens it; null leaves it pending, or says nothing. With
    other `unanswered_hours`, after which a message counts as unanswered, figures are counted anew.
    With `weekly_report` supervisors and admins get the report of each week by mail, on Monday.
    """

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"raw_retention_days": 30}]}
    )

    name: Name | None = None
    raw_retention_days: Days = None
    conversation_retention_days: Days = None
    feed_resume_hours: Annotated[int, Field(ge=1, le=720)] | None = None
    capacity_weights: Weights | None = None
    default_capacity: Annotated[int, Field(ge=0, le=1_000)] | None = None
    hop_limit: Annotated[int, Field(ge=1, le=100)] | None = None
    decline_cooldown_s: Annotated[int, Field(ge=0, le=86_400)] | None = None
    acknowledgement: UUID | None = None
    automatic_answers: Annotated[int, Field(ge=0, le=100)] | None = None
    automatic_answer_hours: Annotated[int, Field(ge=1, le=720)] | None = None
    pending_days: Annotated[int | None, Field(ge=1, le=36_500)] = None
    pending_notice: Annotated[Text | None, Field(max_length=10_000)] = None
    unanswered_hours: Annotated[int, Field(ge=1, le=8_760)] | None = None
    weekly_report: bool | None = None


@router.get("/me", tags=["access"])
async def get_me(caller: AnyCaller) -> Me:
    """The caller behind the token, of any role."""
    return Me(
        workspace=caller.workspace_id,
        token=caller.token_id,
        name=caller.name,
        role=caller.role,
        agent=caller.agent_id,
    )


@router.get("/workspace", tags=["workspace"])
async def get_workspace(gateway: Parts, caller: AdminCaller) -> WorkspaceOut:
    async with gateway.database.transaction() as session:
        return _shown(await _own(session, caller.workspace_id))


@router.patch("/workspace", tags=["workspace"], responses=documented(409))
async def change_workspace(
    gateway: Parts, caller: AdminCaller, body: WorkspacePatch
) -> WorkspaceOut:
    changes = body.model_dump(exclude_unset=True)
    for required in changes.keys() - MAY_BE_NULL:
        if changes[required] is None:
            raise invalid("a policy is missing", [(f"/{required}", "must not be null")])
    if "acknowledgement" in changes:
        changes["acknowledgement_id"] = changes.pop("acknowledgement")
    async with configuring(gateway, caller.workspace_id) as session:
        await _require_macro(session, caller.workspace_id, body.acknowledgement)
        workspace = await _own(session, caller.workspace_id)
        for field, value in changes.items():
            setattr(workspace, field, value)
        try:
            await session.flush()
        except IntegrityError:
            raise conflict("another workspace has this name: choose another one") from None
        return _shown(workspace)


async def _require_macro(session: AsyncSession, workspace_id: int, wanted: UUID | None) -> None:
    if wanted is not None and await present_macro(session, workspace_id, wanted) is None:
        what = "must be the id of a macro (GET /v1/macros)"
        raise invalid("there is no such macro", [("/acknowledgement", what)])


async def _own(session: AsyncSession, workspace_id: int) -> Workspace:
    return await session.get_one(Workspace, workspace_id)


def _shown(workspace: Workspace) -> WorkspaceOut:
    return WorkspaceOut(
        id=workspace.id,
        name=workspace.name,
        created_at=workspace.created_at,
        raw_retention_days=workspace.raw_retention_days,
        conversation_retention_days=workspace.conversation_retention_days,
        feed_resume_hours=workspace.feed_resume_hours,
        capacity_weights=cast("Weights", workspace.capacity_weights),
        default_capacity=workspace.default_capacity,
        hop_limit=workspace.hop_limit,
        decline_cooldown_s=workspace.decline_cooldown_s,
        acknowledgement=workspace.acknowledgement_id,
        automatic_answers=workspace.automatic_answers,
        automatic_answer_hours=workspace.automatic_answer_hours,
        pending_days=workspace.pending_days,
        pending_notice=workspace.pending_notice,
        unanswered_hours=workspace.unanswered_hours,
        weekly_report=workspace.weekly_report,
        configuration=workspace.configuration,
        rules_version=workspace.rule_set_version,
    )
