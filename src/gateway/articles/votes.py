"""Whether articles help: one vote of each visitor, without knowing who they are.

A voter is a keyed digest of the address and the browser's name, made for one article: nothing is
put into the browser, and two votes of one visitor cannot be told to be of one.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.database.schema import ArticleVote

PURPOSE: Final = b"article votes"


@dataclass(frozen=True, slots=True)
class Votes:
    helped: int
    not_helped: int


def voter_of(key: bytes, article_id: UUID, network: str, browser: str) -> bytes:
    """`network` is the client's, `browser` what it calls itself."""
    said = f"{article_id.hex}\0{network}\0{browser}".encode()
    return hmac.new(key, said, hashlib.sha256).digest()


async def vote(
    session: AsyncSession, workspace_id: int, article_id: UUID, voter: bytes, *, helped: bool
) -> None:
    """Count it; who votes again has changed their mind."""
    statement = insert(ArticleVote).values(
        workspace_id=workspace_id,
        article_id=article_id,
        voter=voter,
        helped=helped,
        voted_at=func.now(),
    )
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["workspace_id", "article_id", "voter"],
            set_={"helped": helped, "voted_at": func.now()},
        )
    )


async def votes_of(
    session: AsyncSession, workspace_id: int, ids: Sequence[UUID]
) -> dict[UUID, Votes]:
    """Of those that anybody has voted on."""
    yes = func.count().filter(ArticleVote.helped)
    statement = (
        select(ArticleVote.article_id, yes, func.count() - yes)
        .where(ArticleVote.workspace_id == workspace_id, ArticleVote.article_id.in_(ids))
        .group_by(ArticleVote.article_id)
    )
    return {id_: Votes(helped, not_) for id_, helped, not_ in await session.execute(statement)}
