"""Teams and arrivals for tests of the simulation."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from tests.routing.assignment.pools import agent_id, conversation_id, queue, queue_id

from routing.assignment import Mode
from routing.priority import Priority
from routing.simulation import Arrival, Plan, Shift, Worker
from routing.simulation.arrivals import Duration, Rate, poisson

START = datetime(2030, 1, 7, 8, tzinfo=UTC)
LONG = START + timedelta(days=3650)


def after(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def worker(number: int, capacity: int = 1, **said: Any) -> Worker:
    """One who is there all the time."""
    usual: dict[str, Any] = {
        "queues": {queue_id(1): 1},
        "skills": {},
        "shifts": [Shift(START, LONG)],
    }
    return Worker(agent_id(number), f"Agent {number}", capacity, **(usual | said))


def arrival(number: int, minutes: float, handling: float = 10, **said: Any) -> Arrival:
    usual: dict[str, Any] = {"kind": "chat", "queue_id": queue_id(1), "priority": Priority.NORMAL}
    length = timedelta(minutes=handling)
    return Arrival(conversation_id(number), after(minutes), handling=length, **(usual | said))


def plan(*workers: Worker, mode: Mode = Mode.DIRECT, **said: Any) -> Plan:
    usual: dict[str, Any] = {"queues": {queue_id(1): queue(mode=mode)}, "until": LONG}
    return Plan(workers=workers, **(usual | said))


def memoryless(
    number: int, per_hour: float, handling: float, *, patience: float | None = None, seed: int
) -> list[Arrival]:
    """Poisson arrivals with exponential handling and patience, of so many minutes on average."""
    random = Random(seed)
    length = Duration(timedelta(minutes=handling))
    found: list[Arrival] = []
    for at in poisson([Rate(START, per_hour)], LONG, random):
        if len(found) == number:
            break
        said: dict[str, Any] = {"handling": length.draw(random)}
        if patience is not None:
            said["patience"] = Duration(timedelta(minutes=patience)).draw(random)
        found.append(
            Arrival(
                conversation_id(len(found)),
                at,
                "chat",
                queue_id(1),
                Priority.NORMAL,
                **said,
            )
        )
    return found
