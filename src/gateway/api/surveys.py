"""Surveys: what customers are asked once their matter is solved, and what they said."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, HttpUrl
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.api.callers import AdminCaller, AgentCaller, Parts, SupervisorCaller
from gateway.api.pages import Cursor, Limit, Page, encode_cursor, moment_and_id_after
from gateway.api.problems import documented
from gateway.api.seeing import SEES_CONVERSATION
from gateway.api.texts import Name, Text
from gateway.composition import Gateway
from gateway.database.schema import Survey, SurveyInvitation
from gateway.ids import new_id
from gateway.problems import conflict, invalid, not_found
from gateway.surveys.answering import Asked, of_conversation
from gateway.surveys.scales import SCALES, Kind

router = APIRouter(prefix="/v1/surveys", tags=["surveys"], responses=documented(401, 403, 422, 503))
beside = APIRouter(
    prefix="/v1/conversations",
    tags=["surveys"],
    responses=documented(401, 403, 404, 422, 503),
    dependencies=[SEES_CONVERSATION],
)

Language = Literal["en", "it", "de", "fr", "es"]
Questions = dict[Language, Annotated[Text, Field(min_length=1, max_length=500)]]
Score = Annotated[int | None, Field(ge=0, le=10)]
EXAMPLE: dict[str, Any] = {
    "name": "After solving",
    "kind": "csat",
    "delay_s": 3600,
    "low_score": 2,
    "enabled": True,
}


class SurveyPatch(BaseModel):
    """Only what is given changes; the kind stays.

    `questions` are your words in place of ours, by language. It is asked `delay_s` after solving;
    a contact whom any survey has asked in the last `cap_days` is not asked. A score of `low_score`
    or less calls supervisors, and puts the conversation back into its queue if it `reopens`. Who
    gives `review_from` or more is shown `review_url`, once ever.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"enabled": True}]})

    name: Name | None = None
    questions: Questions | None = None
    delay_s: Annotated[int | None, Field(ge=0, le=7 * 86_400)] = None
    cap_days: Annotated[int | None, Field(ge=0, le=366)] = None
    low_score: Score = None
    reopens: bool | None = None
    review_url: HttpUrl | None = None
    review_from: Score = None
    enabled: bool | None = None


class SurveyIn(SurveyPatch):
    """`csat` asks for satisfaction, from 1 to 5; `nps` for recommendation, 0 to 10; `ces` for ease.

    Ease is from 1 to 7. The rest is as in a change; it is asked an hour after solving, and a
    contact once in 30 days, unless told.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    name: Name
    kind: Kind


class SurveyOut(BaseModel):
    """`enabled_at`: what was solved before is not asked about."""

    id: UUID
    name: str
    kind: Kind
    questions: dict[str, str]
    delay_s: int
    cap_days: int
    low_score: int | None
    reopens: bool
    review_url: str | None
    review_from: int | None
    created_at: datetime
    enabled_at: datetime | None

    @classmethod
    def of(cls, row: Survey) -> Self:
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class ResponseOut(BaseModel):
    """What a customer said; `agent` had solved the conversation."""

    survey: UUID
    conversation: UUID
    agent: UUID | None
    score: int
    comment: str | None
    answered_at: datetime


class AskedOut(BaseModel):
    """What a survey did about a conversation: asked, or `skipped` and why; and the answer."""

    survey: UUID
    name: str
    kind: Kind
    skipped: str | None
    asked_at: datetime
    score: int | None
    comment: str | None
    answered_at: datetime | None

    @classmethod
    def of(cls, asked: Asked) -> Self:
        survey, invitation = asked.survey, asked.invitation
        return cls(
            survey=survey.id,
            name=survey.name,
            kind=survey.kind,
            skipped=invitation.skipped,
            asked_at=invitation.created_at,
            score=invitation.score,
            comment=invitation.comment,
            answered_at=invitation.answered_at,
        )


@router.get("")
async def list_surveys(gateway: Parts, caller: SupervisorCaller) -> list[SurveyOut]:
    """All but the archived, by name."""
    statement = (
        select(Survey)
        .where(Survey.workspace_id == caller.workspace_id, Survey.archived_at.is_(None))
        .order_by(Survey.name, Survey.id)
    )
    async with gateway.database.transaction() as session:
        return [SurveyOut.of(row) for row in await session.scalars(statement)]


@router.post("", status_code=201, responses=documented(409))
async def create_survey(gateway: Parts, caller: AdminCaller, body: SurveyIn) -> SurveyOut:
    """Make a survey; it asks nobody before it is `enabled`."""
    row = Survey(
        workspace_id=caller.workspace_id,
        id=new_id(),
        kind=body.kind,
        questions={},
        delay_s=3_600,
        cap_days=30,
        reopens=False,
        created_at=datetime.now(UTC),
    )
    _change(gateway, row, body)
    async with gateway.database.transaction() as session:
        session.add(row)
    return SurveyOut.of(row)


@router.get("/{id}", responses=documented(404))
async def get_survey(gateway: Parts, caller: SupervisorCaller, id: UUID) -> SurveyOut:  # noqa: A002
    async with gateway.database.transaction() as session:
        return SurveyOut.of(await _find(session, caller.workspace_id, id))


@router.patch("/{id}", responses=documented(404, 409))
async def change_survey(
    gateway: Parts,
    caller: AdminCaller,
    id: UUID,  # noqa: A002
    body: SurveyPatch,
) -> SurveyOut:
    async with gateway.database.transaction() as session:
        row = await _find(session, caller.workspace_id, id)
        _change(gateway, row, body)
        return SurveyOut.of(row)


@router.delete("/{id}", status_code=204, responses=documented(404))
async def archive_survey(gateway: Parts, caller: AdminCaller, id: UUID) -> None:  # noqa: A002
    """Ask nobody any more, and take no more answers; those that were given stay."""
    async with gateway.database.transaction() as session:
        row = await _find(session, caller.workspace_id, id)
        row.archived_at = datetime.now(UTC)


@router.get("/{id}/responses", responses=documented(404))
async def list_responses(
    gateway: Parts,
    caller: SupervisorCaller,
    id: UUID,  # noqa: A002
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[ResponseOut]:
    """What customers said, the latest first."""
    row = SurveyInvitation
    statement = (
        select(row)
        .where(row.workspace_id == caller.workspace_id, row.survey_id == id)
        .where(row.answered_at.is_not(None))
        .order_by(row.answered_at.desc(), row.id.desc())
        .limit(limit)
    )
    if cursor is not None:
        after = tuple_(*moment_and_id_after(cursor))
        statement = statement.where(tuple_(row.answered_at, row.id) < after)
    async with gateway.database.transaction() as session:
        await _find(session, caller.workspace_id, id)
        found = list(await session.scalars(statement))
    last = found[-1] if len(found) == limit else None
    following = encode_cursor(last.answered_at, last.id) if last else None
    return Page(items=[_response(each) for each in found], next=following)


@beside.get("/{id}/surveys")
async def list_asked(gateway: Parts, caller: AgentCaller, id: UUID) -> list[AskedOut]:  # noqa: A002
    """What surveys did about the conversation, and what the customer said."""
    async with gateway.database.transaction() as session:
        found = await of_conversation(session, caller.workspace_id, id)
    return [AskedOut.of(each) for each in found]


async def _find(session: AsyncSession, workspace_id: int, id_: UUID) -> Survey:
    row = await session.get(Survey, (workspace_id, id_))
    if row is None or row.archived_at is not None:
        raise not_found("survey")
    return row


def _change(gateway: Gateway, row: Survey, body: SurveyPatch) -> None:
    changes = body.model_dump(exclude_unset=True, exclude={"kind"})
    for name in ("name", "questions", "delay_s", "cap_days", "reopens", "enabled"):
        if name in changes and changes[name] is None:
            raise invalid("the survey is not whole", [(f"/{name}", "must not be null")])
    is_enabled = changes.pop("enabled", row.enabled_at is not None)
    for name, value in changes.items():
        setattr(row, name, str(value) if name == "review_url" and value else value)
    scores = SCALES[row.kind].scores
    for name in ("low_score", "review_from"):
        if (score := getattr(row, name)) is not None and score not in scores:
            what = f"must be from {scores[0]} to {scores[-1]}"
            raise invalid("the score is not on this scale", [(f"/{name}", what)])
    if is_enabled and gateway.settings.public_url is None:
        raise conflict("links of surveys need the gateway's address: set SPORTELLO_PUBLIC_URL")
    row.enabled_at = (row.enabled_at or datetime.now(UTC)) if is_enabled else None


def _response(row: SurveyInvitation) -> ResponseOut:
    assert row.score is not None  # noqa: S101 - it was asked for
    assert row.answered_at is not None  # noqa: S101
    return ResponseOut(
        survey=row.survey_id,
        conversation=row.conversation_id,
        agent=row.agent_id,
        score=row.score,
        comment=row.comment,
        answered_at=row.answered_at,
    )
