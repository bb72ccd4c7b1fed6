"""Versions and their moves: made from checked rules, put in force, beside it, or back in force."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway import references, rule_sets
from gateway.database.schema import RuleSetMove, RuleSetVersion, Workspace
from gateway.ids import new_id
from gateway.problems import conflict
from gateway.references import References
from gateway.rule_sets import CaseDocument, Published, RuleDocument
from gateway.rulebook.cases import read_cases, require_passing
from routing.engine import RuleSet
from routing.problems import InvalidRule, problems_below


@dataclass(frozen=True, slots=True)
class Author:
    """Who makes a change, and what they say about it."""

    name: str
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class VersionSummary:
    """A version without its rules.

    `state` is `published`, `shadow`, `rolled_back`, `replaced` by a later one, or `validated`:
    checked but never in force.
    """

    version: int
    state: str
    rules: int
    cases: int
    based_on: int | None
    comment: str | None
    created_by: str
    created_at: datetime


async def check(
    session: AsyncSession,
    workspace_id: int,
    rules: Sequence[object],
    cases: Sequence[CaseDocument] = (),
    version: int = 0,
) -> RuleSet:
    """Rules ready to decide, made off the event loop, with every test case passed.

    Raises:
        InvalidRule: rules or cases name what is not there now.
        CasesFailed: a case comes out otherwise than it says.
    """
    there = await references.present(session, workspace_id)
    return await asyncio.to_thread(_checked, rules, cases, there, version)


def _checked(
    rules: Sequence[object],
    cases: Sequence[CaseDocument],
    there: References,
    version: int,
) -> RuleSet:
    with problems_below("/rules"):
        made = RuleSet(
            version, rule_sets.parse_all(rules, there.names), there.queues, there.default_queue
        )
    with problems_below("/cases"):
        known = read_cases(cases, there.names)
    require_passing(made, known, there.names)
    return made


async def read(session: AsyncSession, workspace_id: int, version: int) -> RuleSetVersion | None:
    return await session.get(RuleSetVersion, (workspace_id, version))


async def make(
    session: AsyncSession,
    workspace_id: int,
    rules: list[RuleDocument],
    cases: list[CaseDocument],
    author: Author,
) -> RuleSetVersion:
    """Write a further version, checked; the workspace's row must be locked.

    Raises:
        InvalidRule: as `check`.
        CasesFailed: as `check`.
    """
    await check(session, workspace_id, rules, cases)
    newest = await session.scalar(
        select(func.max(RuleSetVersion.version)).where(RuleSetVersion.workspace_id == workspace_id)
    )
    workspace = await _workspace(session, workspace_id)
    made = RuleSetVersion(
        workspace_id=workspace_id,
        version=(newest or 0) + 1,
        rules=rules,
        cases=cases,
        based_on=workspace.rule_set_version,
        comment=author.comment,
        created_by=author.name,
    )
    session.add(made)
    await session.flush()
    await session.refresh(made)
    return made


async def publish(session: AsyncSession, stored: RuleSetVersion, author: Author) -> Published:
    """Put a version that has been checked in force; a shadow that it was ends."""
    await _put_in_force(session, stored.workspace_id, stored.version, "publish", author)
    return Published(stored.version, stored.rules, stored.cases)


async def roll_back(
    session: AsyncSession, workspace_id: int, version: int | None, author: Author
) -> RuleSetMove:
    """Put an earlier version back in force, without a number the one before this one.

    Only its rules are checked against the queues: who rolls back needs it now. Version 0 has none.

    Raises:
        Problem: 409, there is no such version that was in force, or its queues are gone.
    """
    target = version if version is not None else await _before(session, workspace_id)
    if target is None or not await _was_in_force(session, workspace_id, target):
        raise conflict("no such version was in force before: see GET /v1/rules/versions")
    stored = await read(session, workspace_id, target)
    try:
        await check(session, workspace_id, stored.rules if stored else [])
    except InvalidRule as error:
        raise conflict(f"version {target} does not fit any more: {error}") from None
    return await _put_in_force(session, workspace_id, target, "roll_back", author)


async def shadow(session: AsyncSession, stored: RuleSetVersion, author: Author) -> None:
    """Let a version decide beside the one in force.

    Raises:
        Problem: 409, it is in force itself.
    """
    workspace = await _workspace(session, stored.workspace_id)
    if workspace.rule_set_version == stored.version:
        raise conflict("this version is in force: it cannot differ from itself")
    former, workspace.shadow_version = workspace.shadow_version, stored.version
    session.add(_move(stored.workspace_id, "shadow", stored.version, former, author))


async def end_shadow(session: AsyncSession, workspace_id: int, author: Author) -> None:
    workspace = await _workspace(session, workspace_id)
    if workspace.shadow_version is not None:
        version, workspace.shadow_version = workspace.shadow_version, None
        session.add(_move(workspace_id, "end_shadow", version, None, author))


async def listed(
    session: AsyncSession, workspace_id: int, limit: int = 1, *, only: int | None = None
) -> list[VersionSummary]:
    """The newest versions first, or only one."""
    workspace = await _workspace(session, workspace_id)
    left = await _left(session, workspace_id)
    statement = (
        select(
            RuleSetVersion.version,
            func.json_array_length(RuleSetVersion.rules).label("rules"),
            func.json_array_length(RuleSetVersion.cases).label("cases"),
            RuleSetVersion.based_on,
            RuleSetVersion.comment,
            RuleSetVersion.created_by,
            RuleSetVersion.created_at,
        )
        .where(RuleSetVersion.workspace_id == workspace_id)
        .order_by(RuleSetVersion.version.desc())
        .limit(limit)
    )
    if only is not None:
        statement = statement.where(RuleSetVersion.version == only)
    states = left | {workspace.shadow_version: "shadow", workspace.rule_set_version: "published"}
    return [
        VersionSummary(state=states.get(row["version"], "validated"), **row)
        for row in (await session.execute(statement)).mappings()
    ]


async def moves(session: AsyncSession, workspace_id: int, limit: int) -> list[RuleSetMove]:
    """The newest first."""
    statement = (
        select(RuleSetMove)
        .where(RuleSetMove.workspace_id == workspace_id)
        .order_by(RuleSetMove.id.desc())
        .limit(limit)
    )
    return list(await session.scalars(statement))


async def _put_in_force(
    session: AsyncSession, workspace_id: int, version: int, action: str, author: Author
) -> RuleSetMove:
    workspace = await _workspace(session, workspace_id)
    former, workspace.rule_set_version = workspace.rule_set_version, version
    move = _move(workspace_id, action, version, former, author)
    session.add(move)
    if workspace.shadow_version == version:
        await end_shadow(session, workspace_id, Author(author.name))
    await session.flush()
    return move


def _move(
    workspace_id: int, action: str, version: int, former: int | None, author: Author
) -> RuleSetMove:
    return RuleSetMove(
        workspace_id=workspace_id,
        id=new_id(),
        action=action,
        version=version,
        former=former,
        comment=author.comment,
        moved_by=author.name,
    )


async def _workspace(session: AsyncSession, workspace_id: int) -> Workspace:
    return await session.get_one(Workspace, workspace_id)


async def _before(session: AsyncSession, workspace_id: int) -> int | None:
    """The version that the one in force has replaced when it was published last."""
    workspace = await _workspace(session, workspace_id)
    return await session.scalar(
        select(RuleSetMove.former)
        .where(RuleSetMove.workspace_id == workspace_id, RuleSetMove.action == "publish")
        .where(RuleSetMove.version == workspace.rule_set_version)
        .order_by(RuleSetMove.id.desc())
        .limit(1)
    )


async def _was_in_force(session: AsyncSession, workspace_id: int, version: int) -> bool:
    found = await session.scalar(
        select(func.count())
        .select_from(RuleSetMove)
        .where(RuleSetMove.workspace_id == workspace_id)
        .where(RuleSetMove.action.in_(("publish", "roll_back")))
        .where(or_(RuleSetMove.version == version, RuleSetMove.former == version))
    )
    return bool(found)


async def _left(session: AsyncSession, workspace_id: int) -> dict[int | None, str]:
    """By version how it went out of force last."""
    statement = (
        select(RuleSetMove.former, RuleSetMove.action)
        .where(RuleSetMove.workspace_id == workspace_id)
        .where(RuleSetMove.action.in_(("publish", "roll_back")))
        .order_by(RuleSetMove.id)
    )
    names = {"publish": "replaced", "roll_back": "rolled_back"}
    return {former: names[action] for former, action in await session.execute(statement)}
