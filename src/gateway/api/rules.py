"""Routing rules: each change makes a new version, which is in force for the next message."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from gateway import rule_sets
from gateway.access.tokens import Principal
from gateway.api.callers import AdminCaller, Parts
from gateway.api.changes import configuring
from gateway.api.problems import documented
from gateway.api.rule_models import (
    RuleBody,
    RuleSetBody,
    VersionOut,
    Vocabulary,
    vocabulary,
)
from gateway.ids import new_id
from gateway.problems import Problem, conflict, not_found
from gateway.rule_sets import Published, RuleDocument
from routing.engine import QueueRef
from routing.problems import InvalidRule
from routing.problems import Problem as RuleProblem
from routing.rules import parse_rule

router = APIRouter(prefix="/v1/rules", tags=["rules"], responses=documented(401, 403, 422, 503))

ORDER_STEP = 10
LAST_ORDER = 2**31 - 1

IfMatch = Annotated[
    str | None,
    Header(
        max_length=100,
        description="The `ETag` that the change is based on; another one by now answers 412",
        examples=['"7"'],
    ),
]

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


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
        await _expected(session, caller, if_match)
        queues = await rule_sets.present_queues(session, caller.workspace_id)
        completed = _completed(body)
        rules = rule_sets.parse_all(completed, queues)
        _check_ids(completed, "/{index}/id")
        documents = [rule.to_json() for rule in rules]
        return _tagged(response, await _publish(session, caller, documents)).rules


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
        rule = await _read(session, caller, *_completed([body], after=current.rules))
        if _position(current, rule["id"]) is not None:
            raise conflict(f"there is a rule {rule['id']!r}: change it by PUT")
        _tagged(response, await _publish(session, caller, [*current.rules, rule]))
        return rule


@router.get("/fields")
async def describe_fields(_caller: AdminCaller) -> Vocabulary:
    """What rules can test and set: everything that a rule editor must know."""
    return vocabulary()


@router.get("/versions")
async def list_versions(
    gateway: Parts,
    caller: AdminCaller,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> list[VersionOut]:
    """The newest first. Decisions name the version that they were taken by."""
    async with gateway.database.transaction() as session:
        found = await rule_sets.versions(session, caller.workspace_id, limit)
    return [VersionOut.model_validate(each, from_attributes=True) for each in found]


@router.get("/{id}", responses=documented(404))
async def get_rule(
    gateway: Parts,
    caller: AdminCaller,
    response: Response,
    id: str,  # noqa: A002
) -> RuleBody:
    async with gateway.database.transaction() as session:
        current = await rule_sets.published(session, caller.workspace_id)
    return _tagged(response, current).rules[_found(current, id)]


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
        at = _found(current, id)
        former = current.rules[at]
        rule = await _read(session, caller, {"order": former["order"], **body, "id": id})
        documents = [*current.rules[:at], rule, *current.rules[at + 1 :]]
        _tagged(response, await _publish(session, caller, documents))
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
        at = _found(current, id)
        documents = [*current.rules[:at], *current.rules[at + 1 :]]
        _tagged(response, await _publish(session, caller, documents))


def _tagged(response: Response, current: Published) -> Published:
    response.headers["ETag"] = f'"{current.version}"'
    return current


async def _expected(session: AsyncSession, caller: Principal, if_match: str | None) -> Published:
    """The rules in force, if they are those that the caller knows (RFC 9110, section 13.1.1)."""
    current = await rule_sets.published(session, caller.workspace_id)
    known = [tag.strip() for tag in (if_match or "*").split(",")]
    if "*" not in known and f'"{current.version}"' not in known:
        detail = f"the rules are at version {current.version} by now: read them again"
        raise Problem(412, "Precondition Failed", detail, headers={"ETag": f'"{current.version}"'})
    return current


async def _read(session: AsyncSession, caller: Principal, body: RuleDocument) -> RuleDocument:
    queues: Mapping[str, QueueRef] = await rule_sets.present_queues(session, caller.workspace_id)
    rule = parse_rule(body, queues=queues).to_json()
    _check_ids([rule], "/id")
    return rule


def _check_ids(rules: Sequence[RuleDocument], pointer: str) -> None:
    problems = [
        RuleProblem(
            pointer.format(index=index),
            "must be 1 to 100 of A-Z a-z 0-9 . _ - and begin with a letter or digit",
        )
        for index, rule in enumerate(rules)
        if not _ID.fullmatch(rule["id"])
    ]
    if problems:
        raise InvalidRule(problems)


async def _publish(
    session: AsyncSession, caller: Principal, documents: Sequence[RuleDocument]
) -> Published:
    if len(documents) > rule_sets.MAX_RULES:
        raise conflict(f"there are {rule_sets.MAX_RULES} rules already: remove some first")
    return await rule_sets.publish(session, caller.workspace_id, documents, caller.name)


def _completed(
    bodies: Sequence[RuleDocument], after: Sequence[RuleDocument] = ()
) -> list[dict[str, Any]]:
    """The rules with an id and an order each, where these were left out."""
    order = max((rule["order"] for rule in after), default=0)
    completed = []
    for body in bodies:
        order = min(order + ORDER_STEP, LAST_ORDER)
        completed.append({"id": str(new_id()), "order": order, **body})
    return completed


def _position(current: Published, rule_id: str) -> int | None:
    return next((at for at, rule in enumerate(current.rules) if rule["id"] == rule_id), None)


def _found(current: Published, rule_id: str) -> int:
    at = _position(current, rule_id)
    if at is None:
        raise not_found("rule")
    return at
