"""A version that decides beside the one in force: where it differs is stored with the decision."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.languages import add_language
from gateway.rulebook.outcomes import decided, differing, outcome_of
from routing.engine import Decision, RuleSet
from routing.facts import Facts, FactValue

log = structlog.get_logger(__name__)

EXAMPLES = 20

PAIRS = """
SELECT outcome->>'queue' AS decided, coalesce(shadow->>'queue', outcome->>'queue') AS instead,
       count(*) AS decisions, count(*) FILTER (WHERE shadow ? 'error') AS failed
  FROM (SELECT outcome, shadow::jsonb FROM decision
         WHERE workspace_id = :workspace AND decided_at >= :since AND shadow IS NOT NULL) AS d
 WHERE (shadow->>'version')::int = :version
 GROUP BY 1, 2 ORDER BY 3 DESC
"""

NEWEST = f"""
SELECT conversation_id, message_id, decided_at, outcome, shadow FROM decision
 WHERE workspace_id = :workspace AND decided_at >= :since AND shadow IS NOT NULL
   AND (shadow->>'version')::int = :version
 ORDER BY decided_at DESC LIMIT {EXAMPLES}
"""  # noqa: S608 - a number of ours

SINCE = """
SELECT moved_at FROM rule_set_move
 WHERE workspace_id = :workspace AND action = 'shadow' AND version = :version
 ORDER BY id DESC LIMIT 1
"""


def shadowed(
    shadow: RuleSet, decision: Decision, facts: Facts, fallback_queue: str | None
) -> dict[str, Any] | None:
    """What the shadow decides otherwise, as `decision.shadow` holds it; None where nothing.

    A shadow that fails is told as `error`: it never harms the decision that counts.
    """
    try:
        known = dict[str, FactValue | None](facts.known)
        add_language(known, shadow)
        other = shadow.decide(Facts(known), fallback_queue=fallback_queue)
    except Exception as error:
        log.exception("shadow.failed", version=shadow.version)
        return {"version": shadow.version, "error": type(error).__name__}
    now = outcome_of(other)
    names = differing(decided(decision), decided(other))
    return {"version": shadow.version} | {name: now.get(name) for name in names} if names else None


@dataclass(frozen=True, slots=True)
class ShadowReport:
    """What has differed since the version became the shadow."""

    since: datetime
    pairs: Sequence[Row[Any]]
    newest: Sequence[Row[Any]]


async def report(session: AsyncSession, workspace_id: int, version: int) -> ShadowReport:
    values: dict[str, Any] = {"workspace": workspace_id, "version": version}
    values["since"] = (await session.execute(text(SINCE), values)).scalar_one()
    pairs = (await session.execute(text(PAIRS), values)).all()
    newest = (await session.execute(text(NEWEST), values)).all()
    return ShadowReport(values["since"], pairs, newest)
