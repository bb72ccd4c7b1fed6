"""What must hold of assignment at every moment, and when nothing more is to be done."""

from collections import Counter, defaultdict
from typing import Any
from uuid import UUID

import asyncpg
import orjson

LOADS = """
SELECT a.id, a.load, a.capacity, coalesce(sum(s.weight), 0) AS held
  FROM agent a LEFT JOIN assignment s
    ON s.workspace_id = a.workspace_id AND s.agent_id = a.id AND s.ended_at IS NULL
 GROUP BY a.workspace_id, a.id
"""

PLACES = """
SELECT c.id, c.status, c.assignee_id,
       array(SELECT s.state || ' ' || s.agent_id FROM assignment s
              WHERE s.workspace_id = c.workspace_id AND s.conversation_id = c.id
                AND s.ended_at IS NULL AND s.state <> 'wrap_up') AS held,
       (SELECT count(*) FROM queue_entry e
         WHERE e.workspace_id = c.workspace_id AND e.conversation_id = c.id
           AND e.left_at IS NULL) AS stays,
       (SELECT count(DISTINCT e.queued_at) FROM queue_entry e
         WHERE e.workspace_id = c.workspace_id AND e.conversation_id = c.id) AS ages,
       (SELECT max(e.version) FROM event e WHERE e.conversation_id = c.id) AS told
  FROM conversation c
"""

EVENTS = """
SELECT pos, data -> 'assignments' AS told FROM event WHERE data ? 'assignments' ORDER BY pos
"""

ORIGINS = "SELECT id, origin FROM assignment"

IDLE = """
SELECT c.id AS conversation, a.id AS agent
  FROM conversation c
  JOIN queue q ON q.workspace_id = c.workspace_id AND q.id = c.queue_id
  JOIN queue_member m ON m.workspace_id = q.workspace_id AND m.queue_id = q.id
  JOIN agent a ON a.workspace_id = m.workspace_id AND a.id = m.agent_id
  JOIN presence p ON p.workspace_id = a.workspace_id AND p.agent_id = a.id
 WHERE c.status = 'queued' AND q.mode <> 'pull' AND NOT q.is_paused
   AND a.load < a.capacity AND NOT a.is_draining AND p.status = 'online' AND p.until > now()
   AND a.skills ?& c.required_skills
   AND NOT EXISTS (SELECT FROM assignment s
                    WHERE s.workspace_id = c.workspace_id AND s.conversation_id = c.id
                      AND s.agent_id = a.id
                      AND s.end_reason IN ('declined', 'expired', 'released', 'transferred',
                                           'escalated', 'de_escalated'))
"""


async def check(connection: "asyncpg.Connection[Any]") -> None:
    """What must hold at every moment, whoever has died on the way."""
    loads = await connection.fetch(LOADS)
    held = {row["id"]: row["held"] for row in loads}
    assert {row["id"]: row["load"] for row in loads} == held, "a load is not what is held"
    capacities = {row["id"]: row["capacity"] for row in loads}
    replayed = await _replay(connection, capacities)
    assert replayed == {id_: load for id_, load in held.items() if load}, (
        "the events tell otherwise"
    )
    for place in await connection.fetch(PLACES):
        _check_place(place)


def _check_place(place: Any) -> None:
    status, held = place["status"], list(place["held"])
    assert len(held) <= 1, "two have it"
    expected = {
        "queued": (1, []),
        "offered": (1, [f"offered {place['assignee_id']}"]),
        "assigned": (0, [f"active {place['assignee_id']}"]),
        "solved": (0, []),
    }
    assert (place["stays"], held) == expected[status], f"{status}, but {dict(place)}"
    assert place["ages"] == 1, "the customer's waiting time was lost"


async def _replay(
    connection: "asyncpg.Connection[Any]", capacities: dict[UUID, int]
) -> dict[UUID, int]:
    """The loads by the events alone; what the router gave must have been within capacity then."""
    origins = {row["id"]: row["origin"] for row in await connection.fetch(ORIGINS)}
    holds: dict[UUID, tuple[UUID, int]] = {}
    loads: Counter[UUID] = Counter()
    for row in await connection.fetch(EVENTS):
        added = defaultdict[UUID, bool](bool)
        for told in orjson.loads(row["told"]):
            id_, agent, weight = UUID(told["id"]), UUID(told["agent"]), told["weight"]
            if told["state"] == "ended":
                loads[agent] -= holds.pop(id_)[1]
            elif id_ not in holds:
                holds[id_] = (agent, weight)
                loads[agent] += weight
                added[agent] = origins[id_] in {"offered", "direct", "transferred"}
        for agent, is_bounded in added.items():
            assert not is_bounded or loads[agent] <= capacities[agent], "given beyond capacity"
    return {agent: load for agent, load in loads.items() if load}


async def check_quiet(connection: "asyncpg.Connection[Any]") -> None:
    """When nothing more is to be done, nobody is free beside something that they could take."""
    assert await connection.fetch(IDLE) == [], "somebody is free beside what waits"
