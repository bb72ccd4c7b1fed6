"""Queues that share agents are one pool, whoever joins and leaves in whatever order."""

import asyncio
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from tests.api.team import Team

from gateway.assignment.pools import components, staffing
from gateway.database.connections import Database

QUEUES = [UUID(int=n) for n in range(6)]


def reachable(queue: UUID, served: list[set[UUID]]) -> set[UUID]:
    """The plain way: queues that an agent has in common are together, until nothing more comes."""
    found, before = {queue}, set[UUID]()
    while found != before:
        before = set(found)
        for together in served:
            if together & found:
                found |= together
    return found


@given(st.lists(st.sets(st.sampled_from(QUEUES), min_size=1), max_size=8))
def test_a_pool_is_all_that_can_be_reached_over_agents(served: list[set[UUID]]) -> None:
    named = components(QUEUES, served)
    assert named == {queue: min(reachable(queue, served)) for queue in QUEUES}


async def pool_of(team: Team, queue: str) -> str:
    found: str = (await team.get(f"/v1/queues/{queue}"))["pool"]
    return found


async def test_who_serves_two_queues_joins_their_pools(team: Team) -> None:
    queues = sorted(map(str, team.queues.values()))
    assert [await pool_of(team, queue) for queue in queues] == queues
    for queue in reversed(queues):
        body = {"proficiency": 3}
        await team.ask("PUT", f"/v1/queues/{queue}/members/{team.agent_id}", body)
    assert [await pool_of(team, queue) for queue in queues] == [queues[0]] * 2
    [member] = await team.get(f"/v1/queues/{queues[0]}/members", token=team.agent)
    assert (member["agent"], member["proficiency"]) == (str(team.agent_id), 3)
    await team.ask("DELETE", f"/v1/queues/{queues[0]}/members/{team.agent_id}")
    assert [await pool_of(team, queue) for queue in queues] == queues
    gone = await team.call("DELETE", f"/v1/queues/{queues[0]}/members/{team.agent_id}")
    assert gone.status_code == 404


async def test_a_pool_keeps_together_while_another_agent_holds_it(team: Team) -> None:
    queues = sorted(map(str, team.queues.values()))
    for queue in queues:
        for agent in (team.agent_id, team.admin_id):
            await team.ask("PUT", f"/v1/queues/{queue}/members/{agent}", {})
    await team.ask("DELETE", f"/v1/queues/{queues[0]}/members/{team.agent_id}")
    assert await pool_of(team, queues[1]) == queues[0]
    hired = await team.ask("POST", "/v1/agents", {"name": "Bea", "email": "bea@team.test"})
    await team.ask("PUT", f"/v1/queues/{queues[1]}/members/{hired['id']}", {})
    assert (await team.call("DELETE", f"/v1/agents/{team.agent_id}")).status_code == 204
    assert await pool_of(team, queues[1]) == queues[0]


async def test_archived_agents_and_queues_leave_their_pools(team: Team) -> None:
    queues = sorted(map(str, team.queues.values()))
    for queue in queues:
        await team.ask("PUT", f"/v1/queues/{queue}/members/{team.agent_id}", {})
    assert (await team.call("DELETE", f"/v1/agents/{team.agent_id}")).status_code == 204
    assert [await pool_of(team, queue) for queue in queues] == queues
    refused = await team.call("PUT", f"/v1/queues/{queues[0]}/members/{team.agent_id}", {})
    assert refused.status_code == 404
    specialists, general = str(team.queues["Specialists"]), str(team.queues["General"])
    for queue in queues:
        await team.ask("PUT", f"/v1/queues/{queue}/members/{team.admin_id}", {})
    await team.ask("DELETE", f"/v1/queues/{specialists}")
    assert await pool_of(team, general) == general
    assert not await team.sql("SELECT FROM queue_member WHERE queue_id = $1", UUID(specialists))


async def test_memberships_change_one_after_the_other(team: Team, database: Database) -> None:
    """Two agents join two queues each, at once: whoever is second sees what the first has done."""
    queues = [
        (await team.ask("POST", "/v1/queues", {"name": str(n), "level": 1}))["id"] for n in range(6)
    ]
    agents = [str(team.agent_id), str(team.admin_id)]
    await asyncio.gather(
        *(
            team.ask("PUT", f"/v1/queues/{queue}/members/{agent}", {})
            for agent in agents
            for queue in queues
        )
    )
    assert {await pool_of(team, queue) for queue in queues} == {min(queues)}
    async with staffing(database, team.workspace_id) as session:
        assert session.in_transaction()
