"""The draft of the rules: changed rule by rule or whole, checked, and published in one call."""

import asyncio
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from gateway import references, rule_sets
from gateway.access.tokens import Principal
from gateway.api.callers import AdminCaller, Parts
from gateway.api.changes import configuring
from gateway.api.problems import documented
from gateway.api.rule_models import CaseBody, RuleBody, RuleSetBody
from gateway.api.rule_versions import Commented, VersionOut, version_out
from gateway.api.rules import IfMatch, require_match, tagged
from gateway.rulebook import drafts, editing, versions
from gateway.rulebook.cases import CaseResult, read_cases, run_cases
from gateway.rulebook.drafts import Draft
from gateway.rulebook.versions import Author
from routing.problems import problems_below

router = APIRouter(
    prefix="/v1/rules/draft", tags=["rules"], responses=documented(401, 403, 422, 503)
)


class DraftOut(BaseModel):
    """What may come next. Where nothing `is_changed` it is what is in force, and follows that."""

    based_on: int
    is_changed: bool
    rules: list[RuleBody]
    cases: list[CaseBody]
    changed_by: str | None
    changed_at: datetime | None


class DraftIn(BaseModel):
    """Only what is given changes: all rules, all test cases, or both."""

    model_config = ConfigDict(extra="forbid")

    rules: RuleSetBody | None = None
    cases: list[CaseBody] | None = None


class CaseOut(BaseModel):
    """`differences` is empty where the case passes; `because` says why it came out so."""

    name: str
    passed: bool
    differences: list[dict[str, Any]]
    because: list[str]


class Validation(BaseModel):
    """Whether the draft could be published as it is."""

    valid: bool
    cases: list[CaseOut]


class PublishIn(Commented):
    """`replaces` says which version is known to be in force, where the draft began from another."""

    replaces: Annotated[int | None, Field(ge=0, le=2**31 - 1)] = None


@router.get("")
async def get_draft(gateway: Parts, caller: AdminCaller, response: Response) -> DraftOut:
    """Rules and test cases as they may come next; `ETag` changes with every change."""
    async with gateway.database.transaction() as session:
        return _shown(response, await drafts.read(session, caller.workspace_id))


@router.put("", responses=documented(409, 412))
async def replace_draft(
    gateway: Parts,
    caller: AdminCaller,
    response: Response,
    body: DraftIn,
    if_match: IfMatch = None,
) -> DraftOut:
    """Draft other rules, other test cases, or both. Nothing comes into force."""
    async with gateway.database.transaction() as session:
        await _expected(session, caller, if_match)
        there = await references.present(session, caller.workspace_id)
        with problems_below("/rules"):
            rules = None if body.rules is None else editing.whole(body.rules, there.names)
        with problems_below("/cases"):
            cases = None if body.cases is None else read_cases(body.cases, there.names)
        draft = await drafts.change(
            session, caller.workspace_id, caller.name, rules=rules, cases=cases
        )
        return _shown(response, draft)


@router.delete("", status_code=204, responses=documented(412))
async def discard_draft(gateway: Parts, caller: AdminCaller, if_match: IfMatch = None) -> None:
    """Forget the changes: the draft is what is in force again."""
    async with gateway.database.transaction() as session:
        await _expected(session, caller, if_match)
        await drafts.discard(session, caller.workspace_id)


@router.post("/rules", status_code=201, responses=documented(409, 412))
async def add_to_draft(
    gateway: Parts,
    caller: AdminCaller,
    response: Response,
    body: RuleBody,
    if_match: IfMatch = None,
) -> RuleBody:
    """Add a rule to the draft, last in order unless it says otherwise."""
    async with gateway.database.transaction() as session:
        draft = await _expected(session, caller, if_match)
        there = await references.present(session, caller.workspace_id)
        rules, rule = editing.added(draft.rules, body, there.names)
        _shown(response, await _changed(session, caller, rules))
        return rule


@router.get("/rules/{id}", responses=documented(404))
async def get_from_draft(
    gateway: Parts,
    caller: AdminCaller,
    response: Response,
    id: str,  # noqa: A002
) -> RuleBody:
    async with gateway.database.transaction() as session:
        draft = await drafts.read(session, caller.workspace_id)
    tagged(response, draft.tag)
    return editing.found(draft.rules, id)


@router.put("/rules/{id}", responses=documented(404, 412))
async def change_in_draft(
    gateway: Parts,
    caller: AdminCaller,
    response: Response,
    id: str,  # noqa: A002
    body: RuleBody,
    if_match: IfMatch = None,
) -> RuleBody:
    """Draft another rule in the place of this one."""
    async with gateway.database.transaction() as session:
        draft = await _expected(session, caller, if_match)
        there = await references.present(session, caller.workspace_id)
        rules, rule = editing.changed(draft.rules, id, body, there.names)
        _shown(response, await _changed(session, caller, rules))
        return rule


@router.delete("/rules/{id}", status_code=204, responses=documented(404, 412))
async def remove_from_draft(
    gateway: Parts,
    caller: AdminCaller,
    response: Response,
    id: str,  # noqa: A002
    if_match: IfMatch = None,
) -> None:
    async with gateway.database.transaction() as session:
        draft = await _expected(session, caller, if_match)
        _shown(response, await _changed(session, caller, editing.removed(draft.rules, id)))


@router.post("/validate")
async def validate_draft(gateway: Parts, caller: AdminCaller) -> Validation:
    """Read the draft and run its test cases, each with what came out. Nothing changes."""
    async with gateway.database.transaction() as session:
        draft = await drafts.read(session, caller.workspace_id)
        there = await references.present(session, caller.workspace_id)
        cases = read_cases(draft.cases, there.names)
        rules = await versions.check(session, caller.workspace_id, draft.rules)
    results = [_case(each) for each in await asyncio.to_thread(run_cases, rules, cases)]
    return Validation(valid=all(each.passed for each in results), cases=results)


@router.post("/publish", responses=documented(409, 412))
async def publish_draft(
    gateway: Parts,
    caller: AdminCaller,
    response: Response,
    body: PublishIn,
    if_match: IfMatch = None,
) -> VersionOut:
    """Make the draft a version and put it in force, unless a test case fails."""
    author = Author(caller.name, body.comment)
    async with configuring(gateway, caller.workspace_id) as session:
        draft = await _expected(session, caller, if_match)
        drafts.require_changed(draft)
        current = await rule_sets.published(session, caller.workspace_id)
        drafts.require_current(draft, current.version, body.replaces)
        made = await versions.make(session, caller.workspace_id, draft.rules, draft.cases, author)
        await versions.publish(session, made, author)
        await drafts.discard(session, caller.workspace_id)
        tagged(response, str(made.version))
        return await version_out(session, made)


async def _expected(session: AsyncSession, caller: Principal, if_match: str | None) -> Draft:
    """The draft, locked, if it is the one that the caller knows."""
    await drafts.lock(session, caller.workspace_id)
    draft = await drafts.read(session, caller.workspace_id)
    require_match(if_match, draft.tag, f"the draft is at {draft.tag}")
    return draft


async def _changed(session: AsyncSession, caller: Principal, rules: editing.Rules) -> Draft:
    return await drafts.change(session, caller.workspace_id, caller.name, rules=rules)


def _shown(response: Response, draft: Draft) -> DraftOut:
    tagged(response, draft.tag)
    return DraftOut.model_validate(draft, from_attributes=True)


def _case(result: CaseResult) -> CaseOut:
    return CaseOut(
        name=result.name,
        passed=not result.differences,
        differences=[
            {"what": each.what, "expected": each.expected, "got": each.got}
            for each in result.differences
        ],
        because=result.because,
    )
