"""Versions of the rules: what they are, what differs, which is in force and which beside it."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from gateway import rule_sets
from gateway.api.callers import AdminCaller, Parts
from gateway.api.changes import configuring
from gateway.api.problems import documented
from gateway.api.rule_models import CaseBody, RuleBody
from gateway.api.rules import IfMatch, require_match, tagged
from gateway.api.texts import Text
from gateway.database.schema import RuleSetVersion, Workspace
from gateway.problems import Problem
from gateway.rulebook import drafts, shadowing, versions
from gateway.rulebook.differences import Differences, between
from gateway.rulebook.versions import Author

router = APIRouter(prefix="/v1/rules", tags=["rules"], responses=documented(401, 403, 422, 503))

LARGEST = 2**31 - 1
State = Literal["validated", "shadow", "published", "replaced", "rolled_back"]
Number = Annotated[int, Path(ge=0, le=LARGEST, description="A version's number")]
Which = Annotated[
    Literal["draft", "published"] | Annotated[int, Field(ge=0, le=LARGEST)],
    Query(description="A version's number, `draft` or `published`"),
]
Comment = Annotated[Text, Field(max_length=1_000)]


class VersionOut(BaseModel):
    """A version; `rules` and `cases` are numbers. `based_on` was in force when it was made."""

    version: int
    state: State
    rules: int
    cases: int
    based_on: int | None
    comment: str | None
    created_by: str
    created_at: datetime


class VersionWhole(BaseModel):
    """A version with all that is in it."""

    version: int
    rules: list[RuleBody]
    cases: list[CaseBody]
    comment: str | None
    created_by: str
    created_at: datetime


class ChangedOut(BaseModel):
    key: str
    before: dict[str, Any]
    after: dict[str, Any]


class DifferencesOut(BaseModel):
    """`key` is a rule's id, or a case's name."""

    added: list[dict[str, Any]]
    removed: list[dict[str, Any]]
    changed: list[ChangedOut]


class DiffOut(BaseModel):
    rules: DifferencesOut
    cases: DifferencesOut


class MoveOut(BaseModel):
    """Who put which version in force, or beside it, and in the place of which."""

    action: Literal["publish", "roll_back", "shadow", "end_shadow"]
    version: int
    former: int | None
    comment: str | None
    moved_by: str
    moved_at: datetime


class Commented(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{}]})

    comment: Comment | None = None


class RollBack(Commented):
    """Without a version: to the one that the version in force has replaced."""

    version: Annotated[int | None, Field(ge=0, le=LARGEST)] = None


class ShadowIn(Commented):
    version: Annotated[int, Field(ge=1, le=LARGEST)]


class PairOut(BaseModel):
    """So many decisions for one queue would have gone to another, or the same, otherwise made."""

    queue: str
    instead: str
    decisions: int
    failed: int


class ShadowExample(BaseModel):
    """`instead` holds only what differs."""

    conversation: UUID
    message: UUID | None
    decided_at: datetime
    outcome: dict[str, Any]
    instead: dict[str, Any]


class ShadowOut(BaseModel):
    """Where the shadow has differed `since` it began; `pairs` count, `examples` are the newest."""

    version: int | None
    since: datetime | None = None
    differing: int = 0
    pairs: list[PairOut] = []
    examples: list[ShadowExample] = []


@router.get("/versions")
async def list_versions(
    gateway: Parts,
    caller: AdminCaller,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> list[VersionOut]:
    """The newest first. Decisions name the version that they were taken by."""
    async with gateway.database.transaction() as session:
        found = await versions.listed(session, caller.workspace_id, limit)
    return [VersionOut.model_validate(each, from_attributes=True) for each in found]


@router.post("/versions", status_code=201, responses=documented(409, 412))
async def freeze_draft(
    gateway: Parts, caller: AdminCaller, body: Commented, if_match: IfMatch = None
) -> VersionOut:
    """Make the draft a version, checked and tested, that is not in force yet."""
    async with gateway.database.transaction() as session:
        await drafts.lock(session, caller.workspace_id)
        draft = await drafts.read(session, caller.workspace_id)
        require_match(if_match, draft.tag, f"the draft is at {draft.tag}")
        drafts.require_changed(draft)
        author = Author(caller.name, body.comment)
        made = await versions.make(session, caller.workspace_id, draft.rules, draft.cases, author)
        return await version_out(session, made)


@router.get("/versions/{version}", responses=documented(404))
async def get_version(gateway: Parts, caller: AdminCaller, version: Number) -> VersionWhole:
    async with gateway.database.transaction() as session:
        stored = await _stored(session, caller.workspace_id, version)
    return VersionWhole.model_validate(stored, from_attributes=True)


@router.post("/versions/{version}/publish", responses=documented(404, 412))
async def publish_version(
    gateway: Parts,
    caller: AdminCaller,
    response: Response,
    version: Number,
    body: Commented,
    if_match: IfMatch = None,
) -> VersionOut:
    """Put a version in force, unless a test case fails; `If-Match` names the one in force."""
    async with configuring(gateway, caller.workspace_id) as session:
        current = await rule_sets.published(session, caller.workspace_id)
        require_match(if_match, str(current.version), f"version {current.version} is in force")
        stored = await _stored(session, caller.workspace_id, version)
        await versions.check(session, caller.workspace_id, stored.rules, stored.cases)
        await versions.publish(session, stored, Author(caller.name, body.comment))
        await drafts.settle(session, stored)
        tagged(response, str(version))
        return await version_out(session, stored)


@router.post("/roll-back", responses=documented(409, 412))
async def roll_back(
    gateway: Parts,
    caller: AdminCaller,
    response: Response,
    body: RollBack,
    if_match: IfMatch = None,
) -> MoveOut:
    """Put an earlier version back in force; the later ones stay where they are."""
    async with configuring(gateway, caller.workspace_id) as session:
        current = await rule_sets.published(session, caller.workspace_id)
        require_match(if_match, str(current.version), f"version {current.version} is in force")
        author = Author(caller.name, body.comment)
        move = await versions.roll_back(session, caller.workspace_id, body.version, author)
        await session.refresh(move)
        tagged(response, str(move.version))
        return MoveOut.model_validate(move, from_attributes=True)


@router.get("/history")
async def list_moves(
    gateway: Parts,
    caller: AdminCaller,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> list[MoveOut]:
    """Who published, rolled back or shadowed which version, the newest first."""
    async with gateway.database.transaction() as session:
        found = await versions.moves(session, caller.workspace_id, limit)
    return [MoveOut.model_validate(each, from_attributes=True) for each in found]


@router.get("/diff", responses=documented(404))
async def compare(
    gateway: Parts,
    caller: AdminCaller,
    from_: Annotated[Which, Query(alias="from")] = "published",
    to: Which = "draft",
) -> DiffOut:
    """Rules and cases added, removed and changed from one to the other."""
    async with gateway.database.transaction() as session:
        before = await contents(session, caller.workspace_id, from_)
        after = await contents(session, caller.workspace_id, to)
    return DiffOut(
        rules=_differences(between(before[0], after[0], "id")),
        cases=_differences(between(before[1], after[1], "name")),
    )


@router.get("/shadow")
async def get_shadow(gateway: Parts, caller: AdminCaller) -> ShadowOut:
    """What the version beside the one in force would have decided otherwise."""
    async with gateway.database.transaction() as session:
        workspace = await session.get_one(Workspace, caller.workspace_id)
        version = workspace.shadow_version
        if version is None:
            return ShadowOut(version=None)
        report = await shadowing.report(session, caller.workspace_id, version)
    return ShadowOut(
        version=version,
        since=report.since,
        differing=sum(pair.decisions for pair in report.pairs),
        pairs=[
            PairOut(
                queue=pair.decided,
                instead=pair.instead,
                decisions=pair.decisions,
                failed=pair.failed,
            )
            for pair in report.pairs
        ],
        examples=[
            ShadowExample(
                conversation=row.conversation_id,
                message=row.message_id,
                decided_at=row.decided_at,
                outcome=row.outcome,
                instead=row.shadow,
            )
            for row in report.newest
        ],
    )


@router.put("/shadow", status_code=204, responses=documented(404, 409))
async def begin_shadow(gateway: Parts, caller: AdminCaller, body: ShadowIn) -> None:
    """Let a version decide beside the one in force, on every message, without effect."""
    async with configuring(gateway, caller.workspace_id) as session:
        stored = await _stored(session, caller.workspace_id, body.version)
        await versions.check(session, caller.workspace_id, stored.rules)
        await versions.shadow(session, stored, Author(caller.name, body.comment))


@router.delete("/shadow", status_code=204)
async def end_shadow(gateway: Parts, caller: AdminCaller) -> None:
    """What it has found stays with the decisions."""
    async with configuring(gateway, caller.workspace_id) as session:
        await versions.end_shadow(session, caller.workspace_id, Author(caller.name))


async def contents(
    session: AsyncSession, workspace_id: int, which: Literal["draft", "published"] | int
) -> tuple[list[rule_sets.RuleDocument], list[rule_sets.CaseDocument]]:
    """Rules and cases of a version, of the one in force, or of the draft.

    Raises:
        Problem: 404, there is no such version.
    """
    if which == "draft":
        draft = await drafts.read(session, workspace_id)
        return draft.rules, draft.cases
    if which == "published":
        current = await rule_sets.published(session, workspace_id)
        return current.rules, current.cases
    if which == 0:
        return [], []
    stored = await _stored(session, workspace_id, which)
    return stored.rules, stored.cases


async def version_out(session: AsyncSession, made: RuleSetVersion) -> VersionOut:
    [summary] = await versions.listed(session, made.workspace_id, only=made.version)
    return VersionOut.model_validate(summary, from_attributes=True)


async def _stored(session: AsyncSession, workspace_id: int, version: int) -> RuleSetVersion:
    stored = await versions.read(session, workspace_id, version)
    if stored is None:
        raise Problem(404, "Not Found", f"there is no version {version} of the rules")
    return stored


def _differences(found: Differences) -> DifferencesOut:
    return DifferencesOut.model_validate(found, from_attributes=True)
