"""Whether those who are connected may still be: tokens expire, are revoked, and agents leave."""

from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.access.tokens import Principal, digest_of
from gateway.database.connections import Database, is_database_away
from gateway.feed.closing import Close, CloseCode
from gateway.wakeups import Topic, Wakeups, wait_for

CHECK_S = 5.0
"""The longest that a token which has ended stays connected, where the hint of it is lost."""

STATE = """
SELECT CASE WHEN agent.archived_at IS NOT NULL THEN 'deactivated'
            WHEN token.revoked_at IS NOT NULL THEN 'revoked'
            WHEN token.expires_at <= now() THEN 'expired'
            ELSE 'valid' END
  FROM access_token token
  LEFT JOIN agent ON agent.workspace_id = token.workspace_id AND agent.id = token.agent_id
"""

OF_DIGEST = text(f"{STATE} WHERE token.digest = :digest")

ENDED = text(f"""
SELECT held.id, coalesce(state.state, 'revoked')
  FROM unnest(CAST(:workspaces AS int[]), CAST(:tokens AS uuid[])) AS held (workspace_id, id)
  LEFT JOIN LATERAL (
       {STATE} WHERE token.workspace_id = held.workspace_id AND token.id = held.id
       ) AS state (state) ON true
 WHERE state.state IS DISTINCT FROM 'valid'
""")  # noqa: S608 - constants

ENDS: Mapping[str, tuple[CloseCode, str]] = {
    "deactivated": (CloseCode.DEACTIVATED, "the agent is archived"),
    "revoked": (CloseCode.AUTH, "the token is revoked"),
    "expired": (CloseCode.EXPIRED, "the token has expired: come back with another"),
}


def end_of(state: str | None) -> Close:
    """How one ends whose token is no longer valid, or never was."""
    code, detail = ENDS.get(state or "", (CloseCode.AUTH, "the token is unknown"))
    return Close(code, detail)


async def refusal_of(session: AsyncSession, secret: str) -> Close:
    """Why a secret that does not authenticate does not."""
    return end_of(await session.scalar(OF_DIGEST, {"digest": digest_of(secret)}))


class Held(Protocol):
    def close(self, reason: Close) -> None: ...


class TokenWatch:
    """The tokens by which sockets of this process are open; `run` must be running.

    Revoking is hinted at, so that sockets in every process close at once; whoever misses the hint
    finds it within `CHECK_S`.
    """

    def __init__(self, database: Database, wakeups: Wakeups, check_s: float = CHECK_S) -> None:
        self._database = database
        self._hint = wakeups.listen(Topic.ACCESS)
        self._check_s = check_s
        self._held: dict[Held, Principal] = {}

    def hold(self, held: Held, principal: Principal) -> None:
        """Close it when the principal's token ends, until `drop`."""
        self._held[held] = principal

    def drop(self, held: Held) -> None:
        self._held.pop(held, None)

    async def run(self) -> None:
        while True:
            await wait_for(self._hint, self._check_s)
            try:
                await self._check()
            except Exception as error:
                if not is_database_away(error):
                    raise

    async def _check(self) -> None:
        tokens = {principal.token_id: principal for principal in self._held.values()}
        if not tokens:
            return
        ids = {
            "workspaces": [principal.workspace_id for principal in tokens.values()],
            "tokens": list(tokens),
        }
        async with self._database.transaction() as session:
            ended: dict[UUID, str] = {row[0]: row[1] for row in await session.execute(ENDED, ids)}
        for held, principal in list(self._held.items()):
            if state := ended.get(principal.token_id):
                held.close(end_of(state))
