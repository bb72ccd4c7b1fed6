"""Rule sets as they are kept: immutable versions, one of which the workspace names as in force."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway import references
from gateway.database.schema import RuleSetVersion, Workspace
from gateway.problems import conflict
from routing.facts import Existing, Reference
from routing.outcomes import SINGLE
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


async def require_unnamed(
    session: AsyncSession, workspace_id: int, kind: Reference, id_: object
) -> None:
    """Refuse to archive what a rule in force, or one of its test cases, names.

    Raises:
        Problem: 409, with the names of those to change first.
    """
    present = await references.present(session, workspace_id)
    others = present.without(kind, str(id_)).names
    current = await published(session, workspace_id)
    rules = [repr(rule["name"]) for rule in current.rules if not _is_valid(rule, others)]
    expected = {name for name, field in SINGLE.items() if field.refers_to is kind}
    expecting = [
        f"the test case {case['name']!r}"
        for case in current.cases
        if str(id_) in {case["expect"].get(name) for name in expected}
    ]
    if rules + expecting:
        raise conflict(f"rules name it: change {', '.join(rules + expecting)} first")


def _is_valid(document: RuleDocument, existing: Existing) -> bool:
    try:
        parse_rule(document, existing=existing)
    except InvalidRule:
        return False
    return True


def parse_all(documents: Sequence[object], existing: Existing) -> list[Rule]:
    """Read a whole rule set.

    Raises:
        InvalidRule: with all mistakes of all rules; pointers begin with the rule's index.
    """
    rules: list[Rule] = []
    problems: list[Problem] = []
    for index, document in enumerate(documents):
        try:
            rules.append(parse_rule(document, existing=existing))
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
