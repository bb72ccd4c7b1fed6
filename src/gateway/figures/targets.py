"""What a workspace wants its figures to be."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.database.schema import FigureTarget
from gateway.figures.definitions import Definition

Targets = Mapping[str, float]
"""By figure: cases, seconds or a share, as its unit is."""


async def read_targets(session: AsyncSession, workspace_id: int) -> Targets:
    rows = await session.execute(
        select(FigureTarget.figure, FigureTarget.value).where(
            FigureTarget.workspace_id == workspace_id
        )
    )
    return {row.figure: row.value for row in rows}


def is_met(definition: Definition, value: float | None, target: float | None) -> bool | None:
    """None where nothing is wanted, or nothing was counted."""
    if target is None or value is None:
        return None
    return value >= target if definition.better == "more" else value <= target
