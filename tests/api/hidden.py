"""Queues that an agent does not see, and what they hold."""

from typing import Any
from uuid import UUID

from tests.api.team import Team

HELD = ("conversations", "messages", "deliveries", "attachments")
"""Nouns of what belongs to a conversation."""

ROWS = """
SELECT (SELECT to_jsonb(c) - 'version' FROM conversation c WHERE c.id = $1) AS conversation,
       (SELECT jsonb_agg(to_jsonb(m) ORDER BY m.id) FROM message m
         WHERE m.conversation_id = $1) AS messages,
       (SELECT jsonb_agg(to_jsonb(d) ORDER BY d.id) FROM delivery d
         WHERE d.conversation_id = $1) AS deliveries,
       (SELECT count(*) FROM event e WHERE e.conversation_id = $1
           AND e.type <> 'conversation.contact_changed') AS events
"""


async def hide(team: Team, queue: str) -> None:
    """Serve a queue by the admin alone."""
    path = f"/v1/queues/{team.queues[queue]}/members/{team.admin_id}"
    await team.ask("PUT", path, {})


async def held(team: Team, conversation: str) -> list[Any]:
    """A conversation with all that was said in it and became of it, row by row.

    But for what its contact is called: contacts are all agents'.
    """
    return [tuple(row) for row in await team.sql(ROWS, UUID(conversation))]
