"""Tickets: secrets that open one websocket, once and soon, for whoever has another proof.

A browser's session cannot be put into a websocket's first frame, and a token should not lie in a
page: a ticket may, since it is worthless after its use.
"""

import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.access.tokens import Principal, digest_of, principal_of
from gateway.database.schema import FeedTicket
from gateway.ids import new_id

PREFIX = "tk_"
LIFE = timedelta(seconds=60)
SECRET_BYTES = 32


async def issue_ticket(session: AsyncSession, principal: Principal) -> tuple[str, datetime]:
    """A ticket for the principal, and until when it holds; sweeps up those that nobody used."""
    now = datetime.now(UTC)
    await session.execute(
        delete(FeedTicket).where(
            FeedTicket.workspace_id == principal.workspace_id, FeedTicket.expires_at < now
        )
    )
    secret = f"{PREFIX}{secrets.token_urlsafe(SECRET_BYTES)}"
    session.add(
        FeedTicket(
            workspace_id=principal.workspace_id,
            id=new_id(),
            token_id=principal.token_id,
            digest=digest_of(secret),
            expires_at=now + LIFE,
        )
    )
    return secret, now + LIFE


async def redeem(session: AsyncSession, secret: str) -> Principal | None:
    """Whom a ticket lets in, which is used up.

    None if it is unknown, used, too old, or the token behind it has ended since.
    """
    statement = (
        delete(FeedTicket)
        .where(FeedTicket.digest == digest_of(secret), FeedTicket.expires_at > datetime.now(UTC))
        .returning(FeedTicket.workspace_id, FeedTicket.token_id)
    )
    found = (await session.execute(statement)).one_or_none()
    return None if found is None else await principal_of(session, *found)
