"""Who serves which queue, for the analysis of rules."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from routing.analysis import Staff

SERVING = text("""
SELECT q.id, a.skills
  FROM queue q
  LEFT JOIN (queue_member m JOIN agent a ON a.workspace_id = m.workspace_id AND a.id = m.agent_id
                                        AND a.archived_at IS NULL)
    ON m.workspace_id = q.workspace_id AND m.queue_id = q.id
 WHERE q.workspace_id = :workspace AND q.archived_at IS NULL AND q.mode <> 'pull'
 ORDER BY q.id
""")


async def staff(session: AsyncSession, workspace_id: int) -> Staff:
    """Of each queue that gives its conversations, the skills of each agent who serves it."""
    found: dict[str, list[frozenset[str]]] = {}
    for queue_id, skills in await session.execute(SERVING, {"workspace": workspace_id}):
        serving = found.setdefault(str(queue_id), [])
        if skills is not None:
            serving.append(frozenset(skills))
    return found
