"""What was looked for and not found: what articles are missing."""

import re
from typing import Final

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.database.schema import ArticleGap

LONGEST: Final = 100
_PERSONAL: Final = re.compile(r"@|\d{5}|\d(?:[ ./-]?\d){5}")
"""Addresses, numbers of orders and telephones: what may lead to somebody is not kept."""


async def note_gap(session: AsyncSession, workspace_id: int, language: str, asked: str) -> None:
    """Count a search without a result; long ones and those that may name somebody are let go."""
    query = " ".join(asked.casefold().split())
    if not query or len(query) > LONGEST or _PERSONAL.search(query):
        return
    statement = insert(ArticleGap).values(
        workspace_id=workspace_id, language=language, query=query, times=1, last_at=func.now()
    )
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["workspace_id", "language", "query"],
            set_={"times": ArticleGap.times + 1, "last_at": func.now()},
        )
    )
