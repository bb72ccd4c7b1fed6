"""What rules may name: the queues, agents and so on that there are, by kind and id."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.database.schema import Agent, Macro, Queue, SlaPolicy
from routing.facts import Reference
from routing.queues import Level, QueueRef

Names = Mapping[Reference, Mapping[str, str]]
"""Names by id, by kind."""

NAMED: Final[Mapping[Reference, Any]] = {
    Reference.AGENT: Agent,
    Reference.MACRO: Macro,
    Reference.SLA_POLICY: SlaPolicy,
}
"""The tables of what has an id and a name, and may be archived."""


@dataclass(frozen=True, slots=True)
class References:
    """What is there and not archived; `names` has the queues, too.

    The default queue takes what no rule sends elsewhere.
    """

    queues: Mapping[str, QueueRef]
    default_queue: str
    names: Names

    def without(self, kind: Reference, id_: str) -> "References":
        """What would be there if this one were archived."""
        left = {other: name for other, name in self.names.get(kind, {}).items() if other != id_}
        return replace(self, names={**self.names, kind: left})


async def present(session: AsyncSession, workspace_id: int) -> References:
    statement = select(Queue).where(Queue.workspace_id == workspace_id, Queue.archived_at.is_(None))
    rows = (await session.scalars(statement)).all()
    queues = {str(row.id): queue_ref(row) for row in rows}
    default = next(str(row.id) for row in rows if row.is_default)
    names = {kind: await _names(session, workspace_id, table) for kind, table in NAMED.items()}
    names[Reference.QUEUE] = {id_: queue.name for id_, queue in queues.items()}
    return References(queues, default, names)


def queue_ref(row: Queue) -> QueueRef:
    return QueueRef(str(row.id), row.name, cast("Level", row.level))


async def _names(session: AsyncSession, workspace_id: int, table: Any) -> dict[str, str]:
    statement = select(table.id, table.name).where(
        table.workspace_id == workspace_id, table.archived_at.is_(None)
    )
    return {str(id_): name for id_, name in await session.execute(statement)}
