"""How much is at hand: open conversations by queue and status."""

from collections.abc import Sequence
from typing import Any, Literal, get_args

from sqlalchemy import Row, case, false, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.access.tokens import Principal
from gateway.database.schema import Conversation
from gateway.feed.scope import allowed_to

OpenStatus = Literal["queued", "offered", "assigned", "pending"]
"""What somebody has something to do with. The solved and closed grow with the years."""

IS_OPEN = Conversation.status.in_(literal_column(f"'{each}'") for each in get_args(OpenStatus))
"""As the partial index has it, which holds all that is counted."""


async def count_open(session: AsyncSession, caller: Principal) -> Sequence[Row[Any]]:
    """Per queue and status, of what the caller may see: `total`, `mine`, `unassigned`, `overdue`.

    Rows are `(queue_id, status, total, mine, unassigned, overdue)`.
    """
    row = Conversation
    is_mine = row.assignee_id == caller.agent_id if caller.agent_id else false()
    statement = (
        select(
            row.queue_id,
            row.status,
            func.count().label("total"),
            _counted(is_mine).label("mine"),
            _counted(row.assignee_id.is_(None)).label("unassigned"),
            _counted(row.due_at < func.now()).label("overdue"),
        )
        .where(row.workspace_id == caller.workspace_id, IS_OPEN)
        .where(await allowed_to(session, caller))
        .group_by(row.queue_id, row.status)
        .order_by(row.queue_id)
    )
    return (await session.execute(statement)).all()


def _counted(condition: Any) -> Any:
    return func.count(case((condition, 1)))
