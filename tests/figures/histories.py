"""Histories written into the log of a team."""

from tests.api.team import Team

from gateway.demo.matters import Matter
from gateway.demo.past_rows import append


async def write(team: Team, matters: list[Matter]) -> int:
    """Append all that was told to the log, in the order in which it was written; how many."""
    connection = await team.gateway.database.connect()
    try:
        return await append(connection, team.workspace_id, matters)
    finally:
        await connection.close()
