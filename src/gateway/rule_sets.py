"""Rule sets as they are kept: immutable versions, one of which the workspace names as in force."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.configuration import queue_ref
from gateway.database.schema import Queue, RuleSetVersion, Workspace
from routing.engine import QueueRef
from routing.problems import InvalidRule, Problem, below
from routing.rules import Rule, parse_rule

MAX_RULES = 10_000

RuleDocument = dict[str, Any]
"""A rule as JSON, as `routing.rules.parse_rule` reads it."""


CaseDocument = dict[str, Any]
"""A test case as JSON, as `gateway.rulebook.cases.Case` reads it."""


@dataclass(frozen=True, slots=True)
class Published:
    """The rules in force, in the order in which they run; version 0 has none."""

    version: int
    rules: list[RuleDocument]
    cases: list[CaseDocument]


async def published(session: AsyncSession, workspace_id: int) -> Published:
    version = await session.scalar(
        select(Workspace.rule_set_version).where(Workspace.id == workspace_id)
    )
    stored = await session.get(RuleSetVersion, (workspace_id, version))
    if stored is None:
        return Published(version or 0, [], [])
    return Published(stored.version, stored.rules, stored.cases)


async def present_queues(session: AsyncSession, workspace_id: int) -> dict[str, QueueRef]:
    """The queues that rules may name, by id."""
    statement = select(Queue).where(Queue.workspace_id == workspace_id, Queue.archived_at.is_(None))
    return {str(row.id): queue_ref(row) for row in await session.scalars(statement)}


async def default_queue(session: AsyncSession, workspace_id: int) -> str:
    """The id of the queue that takes what no rule sends elsewhere."""
    statement = select(Queue.id).where(Queue.workspace_id == workspace_id, Queue.is_default)
    return str((await session.scalars(statement)).one())


async def rules_that_name(session: AsyncSession, queue: Queue) -> list[str]:
    """The names of rules in force that send to a queue or ask for it, and of their test cases."""
    others = await present_queues(session, queue.workspace_id)
    del others[str(queue.id)]
    current = await published(session, queue.workspace_id)
    rules = [repr(rule["name"]) for rule in current.rules if not _is_valid(rule, others)]
    expecting = [case for case in current.cases if case["expect"].get("queue") == str(queue.id)]
    return rules + [f"the test case {case['name']!r}" for case in expecting]


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
