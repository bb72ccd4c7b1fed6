"""Who wants no more text messages: told by their own STOP and START, or by the provider."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from channels.addresses import normalise_phone
from gateway.ingest.placing import Placed

BEGIN = """
INSERT INTO opt_out (workspace_id, identity_id, channel_id) VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING
"""

END = """
DELETE FROM opt_out WHERE (workspace_id, identity_id, channel_id) = ($1, $2, $3)
"""

REFUSED = text("""
INSERT INTO opt_out (workspace_id, identity_id, channel_id)
SELECT workspace_id, id, :channel_id FROM identity
 WHERE workspace_id = :workspace_id AND space = 'phone' AND address = :address
ON CONFLICT DO NOTHING
""")


async def heed(connection: "asyncpg.Connection[Any]", placed: Iterable[Placed]) -> None:
    """Do what a batch's messages ask for, in their order; their identities are locked."""
    for each in placed:
        submission = each.arrival.submission
        consent = submission.inbound.consent
        if consent is not None:
            statement = BEGIN if consent == "stop" else END
            channel = submission.channel
            key = (channel.workspace_id, each.arrival.identity.id, channel.config.id)
            await connection.execute(statement, *key)


async def note_refusal(
    session: AsyncSession, workspace_id: int, channel_id: UUID, recipient: str
) -> None:
    """Remember that a provider takes nothing for somebody.

    In a transaction of its own: identities are locked before conversations, never after.
    """
    values = {
        "workspace_id": workspace_id,
        "channel_id": channel_id,
        "address": normalise_phone(recipient),
    }
    await session.execute(REFUSED, values)
