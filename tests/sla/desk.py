"""A team whose conversations are under an SLA policy, called over HTTP."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from tests.api.team import Team, mail_of

from gateway.database.connections import fetch_in
from gateway.sla.policies import read_policies
from gateway.sla.remeasuring import Remeasured, remeasure
from gateway.sla.worker import ClockWorker

HOUR = 3600
ALWAYS = {
    day: [{"from": "00:00", "to": "24:00"}]
    for day in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
}
TARGETS = {
    "first_response": {"urgent": 900, "high": HOUR, "normal": 4 * HOUR},
    "next_response": {"urgent": 600, "normal": 2 * HOUR},
    "resolution": {"urgent": 4 * HOUR, "high": 8 * HOUR, "normal": 24 * HOUR},
}

AGE_EVENTS = """
UPDATE event SET data = jsonb_set(data, '{occurred_at}',
    to_jsonb((data->>'occurred_at')::timestamptz - $2::interval))
 WHERE conversation_id = $1 AND data ? 'occurred_at'
"""

AGE_CLOCKS = """
UPDATE sla_clock
   SET spans = (SELECT array_agg(s - $2::interval ORDER BY n) FROM unnest(spans)
                  WITH ORDINALITY AS each (s, n)),
       due_at = due_at - $2::interval, warn_at = warn_at - $2::interval,
       sign_at = sign_at - $2::interval, ended_at = ended_at - $2::interval,
       warned_at = warned_at - $2::interval, breached_at = breached_at - $2::interval
 WHERE conversation_id = $1
"""

AGE_CONVERSATION = "UPDATE conversation SET due_at = due_at - $2::interval WHERE id = $1"


@dataclass
class Desk:
    """`worker` does its work when it is told to."""

    team: Team

    @property
    def worker(self) -> ClockWorker:
        gateway = self.team.gateway
        return ClockWorker(gateway.database, gateway.configuration, gateway.wakeups, 60)

    async def policy(self, **changes: Any) -> Any:
        """The default one, unless told otherwise."""
        body = {"name": f"P {uuid4().hex}", "targets": TARGETS, "is_default": True, **changes}
        return await self.team.ask("POST", "/v1/sla-policies", body)

    async def replace(self, policy: Any, **changes: Any) -> Any:
        known = ("name", "targets", "warning_percent", "warning_before_s", "calendar", "is_default")
        body = {name: policy[name] for name in known} | changes
        return await self.team.ask("PUT", f"/v1/sla-policies/{policy['id']}", body)

    async def ask(self, text: str = "Where is my parcel?", sender: str = "Carla <c@x.test>") -> str:
        """A mail that opens a conversation: its id."""
        return await self._home(await self.team.mail(mail_of(text, sender=sender)))

    async def _home(self, answer: Any) -> str:
        message_id = UUID(answer["message"])
        [[id_]] = await self.team.sql(
            "SELECT conversation_id FROM message WHERE id = $1", message_id
        )
        return str(id_)

    async def ask_again(self, conversation_id: str, text: str = "Well?", **headers: str) -> None:
        [[message_id]] = await self.team.sql(
            "SELECT email->>'message_id' FROM message WHERE conversation_id = $1 AND seq = 1",
            UUID(conversation_id),
        )
        answer = await self.team.mail(
            mail_of(text, headers={"In-Reply-To": f"<{message_id}>", **headers})
        )
        assert await self._home(answer) == conversation_id

    async def do(self, conversation_id: str, command: str, body: Any = None, **options: Any) -> Any:
        path = f"/v1/conversations/{conversation_id}/{command}"
        return await self.team.ask("POST", path, body, **options)

    async def rules(self, *rules: Any) -> Any:
        """Put rules in force: the given ones alone, in this order, of stage clock."""
        bodies = [
            {"name": f"R {n}", "stage": "clock", "when": {"all": []}, **rule}
            for n, rule in enumerate(rules)
        ]
        return await self.team.ask("PUT", "/v1/rules", bodies)

    async def take(self, conversation_id: str) -> None:
        await self.do(conversation_id, "take")

    async def reply(self, conversation_id: str) -> None:
        await self.do(conversation_id, "replies", {"text": "Soon."})

    async def item(self, conversation_id: str) -> Any:
        return await self.team.get(f"/v1/conversations/{conversation_id}")

    async def clocks(self, conversation_id: str) -> dict[str, Any]:
        """By metric and cycle, `resolution 1`."""
        clocks = (await self.item(conversation_id))["clocks"]
        return {f"{clock['metric']} {clock['cycle']}": clock for clock in clocks}

    async def states(self, conversation_id: str) -> dict[str, str]:
        return {key: clock["state"] for key, clock in (await self.clocks(conversation_id)).items()}

    async def age(self, conversation_id: str, by: timedelta) -> None:
        """As if all had happened so much earlier."""
        for statement in (AGE_EVENTS, AGE_CLOCKS, AGE_CONVERSATION):
            await self.team.sql(statement, UUID(conversation_id), by)

    async def differences(self) -> list[Remeasured]:
        """Conversations whose clocks are not what the log says."""
        workspace_id = self.team.workspace_id
        ids = [row[0] for row in await self.team.sql("SELECT id FROM conversation")]
        async with self.team.gateway.database.transaction() as session:
            fetch = await fetch_in(session)
            policies = await read_policies(fetch, workspace_id)
            found = await remeasure(fetch, workspace_id, ids, policies)
        return [each for each in found if not each.is_as_kept]

    async def events(self, conversation_id: str) -> list[tuple[str, Any]]:
        rows = await self.team.sql(
            "SELECT type, data FROM event WHERE conversation_id = $1 ORDER BY pos",
            UUID(conversation_id),
        )
        return [(row["type"], row["data"]) for row in rows]
