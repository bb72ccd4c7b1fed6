"""Policies as they are kept, read as `routing.sla` has them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson

from gateway.calendars import business_time
from gateway.database.connections import Fetch
from routing.business_time import AroundTheClock, WorkingTime
from routing.clocks import Metric
from routing.priority import Priority
from routing.sla import Policy, WarningRule

READ = """
SELECT p.id, p.name, p.revision, p.targets::text, p.warning_percent, p.warning_before_s,
       p.is_default,
       c.timezone, c.week::text, c.country, c.subdivision, c.special::text
  FROM sla_policy p
  LEFT JOIN business_calendar c ON (c.workspace_id, c.id) = (p.workspace_id, p.calendar_id)
 WHERE p.workspace_id = $1 AND ($2::uuid IS NULL OR p.id = $2)
"""


@dataclass(frozen=True, slots=True)
class SlaPolicies:
    """A workspace's policies by id, archived ones included: conversations may still be under them.

    `default` is taken where no rule chooses another.
    """

    by_id: Mapping[UUID, Policy]
    default: UUID | None = None


async def read_policies(
    fetch: Fetch, workspace_id: int, policy_id: UUID | None = None
) -> SlaPolicies:
    """All of them, or only one."""
    rows = await fetch(READ, workspace_id, policy_id)
    return SlaPolicies(
        by_id={row["id"]: _policy(row) for row in rows},
        default=next((row["id"] for row in rows if row["is_default"]), None),
    )


def _policy(row: Any) -> Policy:
    before = row["warning_before_s"]
    return Policy(
        id=str(row["id"]),
        name=row["name"],
        revision=row["revision"],
        targets={
            Metric(metric): {
                Priority(priority): timedelta(seconds=seconds)
                for priority, seconds in targets.items()
            }
            for metric, targets in orjson.loads(row["targets"]).items()
        },
        warning=WarningRule(
            percent=row["warning_percent"],
            before=None if before is None else timedelta(seconds=before),
        ),
        time=_time(row),
    )


def _time(row: Any) -> WorkingTime:
    if row["timezone"] is None:
        return AroundTheClock()
    columns = ("timezone", "week", "country", "subdivision", "special")
    return business_time(*(row[column] for column in columns))
