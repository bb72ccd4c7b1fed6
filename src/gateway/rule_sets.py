"""Rule sets as they are kept: immutable versions, one of which the workspace names as in force."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.configuration import queue_ref
from gateway.database.schema import Queue, RuleSetVersion, Workspace
from routing.engine import QueueRef
from routing.problems import InvalidRule, Problem, below
from routing.rules import Rule, parse_rule

MAX_RULES = 10_000

RuleDocument = dict[str, Any]
"""A rule as JSON, as `routing.rules.parse_rule` reads it."""


@dataclass(frozen=True, slots=True)
class Published:
    """The rules in force, in the order in which they run; version 0 has none."""

    version: int
    rules: list[RuleDocument]


@dataclass(frozen=True, slots=True)
class VersionSummary:
    """A version without its rules."""

    version: int
    rules: int
    created_by: str
    created_at: datetime


async def published(session: AsyncSession, workspace_id: int) -> Published:
    version = await session.scalar(
        select(Workspace.rule_set_version).where(Workspace.id == workspace_id)
    )
    stored = await session.get(RuleSetVersion, (workspace_id, version))
    return Published(version or 0, stored.rules if stored else [])


async def publish(
    session: AsyncSession, workspace_id: int, rules: Iterable[RuleDocument], created_by: str
) -> Published:
    """Write a further version and put it in force.

    The rules must have been read by `parse_rule`, and the workspace's row must be locked.
    """
    workspace = await session.get_one(Workspace, workspace_id, populate_existing=True)
    newest = await session.scalar(
        select(func.max(RuleSetVersion.version)).where(RuleSetVersion.workspace_id == workspace_id)
    )
    version = (newest or 0) + 1
    documents = sorted(rules, key=itemgetter("order", "id"))
    session.add(
        RuleSetVersion(
            workspace_id=workspace_id, version=version, rules=documents, created_by=created_by
        )
    )
    workspace.rule_set_version = version
    await session.flush()
    return Published(version, documents)


async def versions(session: AsyncSession, workspace_id: int, limit: int) -> list[VersionSummary]:
    """The newest versions first."""
    statement = (
        select(
            RuleSetVersion.version,
            func.json_array_length(RuleSetVersion.rules).label("rules"),
            RuleSetVersion.created_by,
            RuleSetVersion.created_at,
        )
        .where(RuleSetVersion.workspace_id == workspace_id)
        .order_by(RuleSetVersion.version.desc())
        .limit(limit)
    )
    return [VersionSummary(**row) for row in (await session.execute(statement)).mappings()]


async def present_queues(session: AsyncSession, workspace_id: int) -> dict[str, QueueRef]:
    """The queues that rules may name, by id."""
    statement = select(Queue).where(Queue.workspace_id == workspace_id, Queue.archived_at.is_(None))
    return {str(row.id): queue_ref(row) for row in await session.scalars(statement)}


async def rules_that_name(session: AsyncSession, queue: Queue) -> list[str]:
    """The names of the rules in force that send to a queue, or ask whether it was the last one."""
    others = await present_queues(session, queue.workspace_id)
    del others[str(queue.id)]
    current = await published(session, queue.workspace_id)
    return [repr(rule["name"]) for rule in current.rules if not _is_valid(rule, others)]


def _is_valid(document: RuleDocument, queues: Mapping[str, QueueRef]) -> bool:
    try:
        parse_rule(document, queues=queues)
    except InvalidRule:
        return False
    return True


def parse_all(documents: Sequence[object], queues: Mapping[str, QueueRef]) -> list[Rule]:
    """Read a whole rule set.

    Raises:
        InvalidRule: with all mistakes of all rules; pointers begin with the rule's index.
    """
    rules: list[Rule] = []
    problems: list[Problem] = []
    for index, document in enumerate(documents):
        try:
            rules.append(parse_rule(document, queues=queues))
        except InvalidRule as error:
            at = below("", index)
            problems += [Problem(at + each.pointer, each.message) for each in error.problems]
    if not problems:
        problems = _repeated_ids(rules)
    if problems:
        raise InvalidRule(problems)
    return rules


def _repeated_ids(rules: Sequence[Rule]) -> list[Problem]:
    seen: set[str] = set()
    problems = []
    for index, rule in enumerate(rules):
        if rule.id in seen:
            problems.append(Problem(f"/{index}/id", "an earlier rule has this id"))
        seen.add(rule.id)
    return problems
