"""Rules in force: each change makes a new version, tested, and in force for the next message."""

from typing import Annotated

from fastapi import APIRouter, Header, Response
from sqlalchemy.ext.asyncio import AsyncSession

from gateway import references, rule_sets
from gateway.access.tokens import Principal
from gateway.api.callers import AdminCaller, Parts
from gateway.api.changes import configuring
from gateway.api.problems import documented
from gateway.api.rule_models import RuleBody, RuleSetBody, Vocabulary, vocabulary
from gateway.problems import Problem
from gateway.rule_sets import Published
from gateway.rulebook import drafts, editing, versions
from gateway.rulebook.editing import Rules
from gateway.rulebook.versions import Author

router = APIRouter(prefix="/v1/rules", tags=["rules"], responses=documented(401, 403, 422, 503))

IfMatch = Annotated[
    str | None,
    Header(
        max_length=100,
        description="The `ETag` that the change is based on; another one by now answers 412",
        examples=['"7"'],
    ),
]


@router.get("")
async def list_rules(gateway: Parts, caller: AdminCaller, response: Response) -> list[RuleBody]:
    """The rules in force, in the order in which they run; `ETag` is their version."""
    async with gateway.database.transaction() as session:
        return _tagged(response, await rule_sets.published(session, caller.workspace_id)).rules


@router.put("", responses=documented(412))
async def replace_rules(
    gateway: Parts,
    caller: AdminCaller,
    response: Response,
    body: RuleSetBody,
    if_match: IfMatch = None,
) -> list[RuleBody]:
    """Put other rules in force, all at once; pointers of mistakes begin with the rule's index."""
    async with configuring(gateway, caller.workspace_id) as session:
        current = await _expected(session, caller, if_match)
        there = await references.present(session, caller.workspace_id)
        rules = editing.whole(body, there.names)
        return _tagged(response, await _publish(session, caller, current, rules)).rules


@router.post("", status_code=201, responses=documented(409, 412))
async def add_rule(
    gateway: Parts,
    caller: AdminCaller,
    response: Response,
    body: RuleBody,
    if_match: IfMatch = None,
) -> RuleBody:
    """Add a rule, last in order unless it says otherwise."""
    async with configuring(gateway, caller.workspace_id) as session:
        current = await _expected(session, caller, if_match)
        there = await references.present(session, caller.workspace_id)
        rules, rule = editing.added(current.rules, body, there.names)
        _tagged(response, await _publish(session, caller, current, rules))
        return rule


@router.get("/fields")
async def describe_fields(_caller: AdminCaller) -> Vocabulary:
    """What rules can test and set: everything that a rule editor must know."""
    return vocabulary()


@router.get("/{id}", responses=documented(404))
async def get_rule(
    gateway: Parts,
    caller: AdminCaller,
    response: Response,
    id: str,  # noqa: A002
) -> RuleBody:
    async with gateway.database.transaction() as session:
        current = await rule_sets.published(session, caller.workspace_id)
    return editing.found(_tagged(response, current).rules, id)


@router.put("/{id}", responses=documented(404, 412))
async def change_rule(
    gateway: Parts,
    caller: AdminCaller,
    response: Response,
    id: str,  # noqa: A002
    body: RuleBody,
    if_match: IfMatch = None,
) -> RuleBody:
    """Put another rule in the place of this one; it keeps its id, and its order unless told."""
    async with configuring(gateway, caller.workspace_id) as session:
        current = await _expected(session, caller, if_match)
        there = await references.present(session, caller.workspace_id)
        rules, rule = editing.changed(current.rules, id, body, there.names)
        _tagged(response, await _publish(session, caller, current, rules))
        return rule


@router.delete("/{id}", status_code=204, responses=documented(404, 412))
async def remove_rule(
    gateway: Parts,
    caller: AdminCaller,
    response: Response,
    id: str,  # noqa: A002
    if_match: IfMatch = None,
) -> None:
    """Take a rule out of force; former versions keep it."""
    async with configuring(gateway, caller.workspace_id) as session:
        current = await _expected(session, caller, if_match)
        rules = editing.removed(current.rules, id)
        _tagged(response, await _publish(session, caller, current, rules))


def tagged(response: Response, tag: str) -> None:
    response.headers["ETag"] = f'"{tag}"'


def require_match(if_match: str | None, tag: str, what: str) -> None:
    """Refuse a change that is based on something else (RFC 9110, section 13.1.1)."""
    known = [each.strip() for each in (if_match or "*").split(",")]
    if "*" not in known and f'"{tag}"' not in known:
        detail = f"{what} by now: read again"
        raise Problem(412, "Precondition Failed", detail, headers={"ETag": f'"{tag}"'})


def _tagged(response: Response, current: Published) -> Published:
    tagged(response, str(current.version))
    return current


async def _expected(session: AsyncSession, caller: Principal, if_match: str | None) -> Published:
    current = await rule_sets.published(session, caller.workspace_id)
    require_match(if_match, str(current.version), f"the rules are at version {current.version}")
    return current


async def _publish(
    session: AsyncSession, caller: Principal, current: Published, rules: Rules
) -> Published:
    author = Author(caller.name)
    made = await versions.make(session, caller.workspace_id, rules, current.cases, author)
    await drafts.settle(session, made)
    return await versions.publish(session, made, author)
