"""A team whose queues give work: who is there, what waits, and what must always hold."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from tests.api.team import Team

from gateway.assignment.presence import renew
from gateway.assignment.worker import AssignmentWorker
from gateway.database.connections import Database
from gateway.wakeups import Wakeups

LOADS = """
SELECT a.id, a.load, coalesce(sum(s.weight), 0) AS held
  FROM agent a LEFT JOIN assignment s
    ON s.workspace_id = a.workspace_id AND s.agent_id = a.id AND s.ended_at IS NULL
 GROUP BY a.workspace_id, a.id
"""

EVENTS = "SELECT data -> 'assignments' AS told FROM event WHERE data ? 'assignments' ORDER BY pos"

EARLIER = """
UPDATE assignment
   SET due_at = due_at - make_interval(secs => $1),
       assigned_at = assigned_at - make_interval(secs => $1),
       ended_at = ended_at - make_interval(secs => $1)
"""


@dataclass
class Desk:
    """One team; `agents` are tokens by name, the ids beside them."""

    team: Team
    worker: AssignmentWorker
    tokens: dict[str, str] = field(default_factory=dict)
    ids: dict[str, UUID] = field(default_factory=dict)
    sent: int = 0

    @property
    def database(self) -> Database:
        return self.team.gateway.database

    async def hire(
        self, name: str, *queues: str, proficiency: int = 1, is_there: bool = True, **fields: Any
    ) -> None:
        body = {"name": name, "email": f"{name.lower()}@team.test", **fields}
        hired = await self.team.ask("POST", "/v1/agents", body)
        path = f"/v1/agents/{hired['id']}/tokens"
        token = await self.team.ask("POST", path, {"name": "Desk"})
        self.tokens[name], self.ids[name] = token["secret"], UUID(hired["id"])
        for queue in queues or ("General",):
            await self.join(name, queue, proficiency)
        if is_there:
            await self.arrive(name)

    async def join(self, name: str, queue: str, proficiency: int = 1) -> None:
        path = f"/v1/queues/{self.team.queues[queue]}/members/{self.ids[name]}"
        await self.team.ask("PUT", path, {"proficiency": proficiency})

    async def arrive(self, *names: str) -> None:
        keys = [(self.team.workspace_id, self.ids[name]) for name in names]
        async with self.database.transaction() as session:
            await renew(session, keys, datetime.now(UTC))

    async def set_queue(self, name: str, **terms: Any) -> None:
        await self.team.ask("PATCH", f"/v1/queues/{self.team.queues[name]}", terms)

    async def another_queue(self, name: str, **terms: Any) -> None:
        made = await self.team.ask("POST", "/v1/queues", {"name": name, "level": 1, **terms})
        self.team.queues[name] = UUID(made["id"])

    async def submit(self) -> str:
        """A new matter of a new customer; its id."""
        self.sent += 1
        await self.team.submit(email=f"{self.sent}@customer.test")
        [row] = await self.team.sql("SELECT id FROM conversation ORDER BY opened_at DESC LIMIT 1")
        return str(row["id"])

    async def turn(self) -> None:
        await self.worker.turn()

    async def see(self, conversation: str) -> tuple[str, str | None]:
        """The status, and by name who has it or is offered it."""
        item = await self.team.get(f"/v1/conversations/{conversation}")
        names = {str(id_): name for name, id_ in self.ids.items()}
        return item["status"], names.get(item["assignee"])

    async def offers(self, name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.team.get("/v1/offers", token=self.tokens[name])
        return found

    async def act(self, name: str, path: str, body: Any = None) -> Any:
        return await self.team.ask("POST", path, body, token=self.tokens[name])

    async def try_to(self, name: str, path: str, body: Any = None) -> int:
        answer = await self.team.call("POST", path, body, token=self.tokens[name])
        return answer.status_code

    async def history(self, conversation: str) -> dict[str, Any]:
        found = await self.team.get(f"/v1/conversations/{conversation}/assignments")
        return dict(found)

    async def load(self, name: str) -> int:
        agent = await self.team.get(f"/v1/agents/{self.ids[name]}")
        return int(agent["load"])

    async def pass_time(self, seconds: float) -> None:
        """Let all that is due be due so much earlier."""
        await self.team.sql(EARLIER, seconds)
        await self.team.sql(
            "UPDATE presence SET until = until - make_interval(secs => $1)", seconds
        )

    async def leave(self, name: str) -> None:
        """The lease of an agent has run out."""
        statement = "UPDATE presence SET until = now() WHERE agent_id = $1"
        await self.team.sql(statement, self.ids[name])

    async def check(self) -> None:
        """What must hold at every moment: loads are what is held, and what the events tell."""
        loads = {row["id"]: row["load"] for row in await self.team.sql(LOADS)}
        assert loads == {row["id"]: row["held"] for row in await self.team.sql(LOADS)}
        assert {id_: load for id_, load in loads.items() if load} == await self.replayed()

    async def replayed(self) -> dict[UUID, int]:
        holds: dict[str, dict[str, Any]] = {}
        for row in await self.team.sql(EVENTS):
            for told in parsed(row["told"]):
                holds[told["id"]] = told
        loads: dict[UUID, int] = {}
        for told in holds.values():
            if told["state"] != "ended":
                agent = UUID(told["agent"])
                loads[agent] = loads.get(agent, 0) + told["weight"]
        return loads


def parsed(text: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = orjson.loads(text)
    return found


async def open_desk(team: Team) -> Desk:
    database = team.gateway.database
    desk = Desk(team, AssignmentWorker(database, Wakeups(database)))
    await desk.set_queue("General", mode="offer")
    return desk
