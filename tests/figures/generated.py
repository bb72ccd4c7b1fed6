"""Histories by chance: as many conversations as are wanted, over a change of the clocks."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from tests.api.team import Team

from gateway.demo.matters import Matter

FROM = datetime(2026, 3, 9, tzinfo=UTC)
"""Rome's clocks go forward on 29 March."""
DAYS = 45
METRICS = ("first_response", "resolution")


def generated(team: Team, number: int, seed: int) -> list[Matter]:
    draw = Random(seed)
    return [_matter(team, draw) for _ in range(number)]


def _matter(team: Team, draw: Random) -> Matter:
    names = sorted(team.queues)
    name = draw.choice(names)
    channel = team.channels[draw.choice(sorted(team.channels))]
    id_ = UUID(int=draw.getrandbits(128))
    matter = Matter(id_, channel.id, team.queues[name], 1 if name == "General" else 2)
    at = FROM + timedelta(seconds=draw.randrange(DAYS * 86_400))
    matter.open(
        at,
        type=draw.choice(["order", "refund", None]),
        priority=draw.choice(["low", "normal", "urgent"]),
        language=draw.choice(["it", "en", None]),
        tags=draw.sample(["a", "b", "c"], draw.randrange(3)),
    )
    for _ in range(draw.randrange(14)):
        at += timedelta(
            seconds=1 + int(draw.expovariate(1 / draw.choice([300, 7_200, 90_000, 400_000])))
        )
        _step(team, draw, matter, at)
        if matter.told[-1].type == "conversation.merged":
            break
    return matter


def _step(team: Team, draw: Random, matter: Matter, at: datetime) -> None:
    """Something that can happen to it as it is."""
    agent, chance = draw.choice([team.agent_id, team.admin_id]), draw.random()
    if matter.status in {"solved", "closed"}:
        _after_the_end(draw, matter, at)
    elif chance < 0.28:
        _spoken(draw, matter, at, agent)
    elif chance < 0.42:
        _changed(team, draw, matter, at)
    elif matter.status == "pending":
        matter.wake(at)
    elif matter.status == "queued" and chance < 0.85:
        matter.assign(at, agent)
    elif matter.status == "assigned" and chance < 0.6:
        draw.choice([matter.release, matter.pend])(at)
    else:
        matter.solve(at, matter.agent)


def _changed(team: Team, draw: Random, matter: Matter, at: datetime) -> None:
    chance = draw.random()
    if chance < 0.1:
        matter.close(at, merged=True)
    elif chance < 0.5 or matter.status == "pending":
        matter.label(at, type=draw.choice(["order", "parcel"]), tags=draw.sample("abc", 2))
    else:
        _moved(team, matter, at)


def _after_the_end(draw: Random, matter: Matter, at: datetime) -> None:
    chance = draw.random()
    if chance < 0.25:
        _surveyed(draw, matter, at)
    elif matter.status == "closed":
        matter.label(at, type="order")
    elif chance < 0.5:
        matter.reopen(at)
    elif chance < 0.65:
        matter.receive(at, quiet=True)
    else:
        matter.close(at)


def _surveyed(draw: Random, matter: Matter, at: datetime) -> None:
    """Asked, then answered, perhaps twice."""
    kind, scores = draw.choice([("csat", (1, 5)), ("nps", (0, 10)), ("ces", (1, 7))])
    name = f"{matter.id} {kind}"
    matter.survey(at, name, kind, None)
    for _ in range(draw.randrange(3)):
        at += timedelta(seconds=draw.randrange(1, 200))
        matter.survey(at, name, kind, draw.randint(*scores))


def _spoken(draw: Random, matter: Matter, at: datetime, agent: UUID) -> None:
    chance = draw.random()
    if chance < 0.15:
        matter.breach(
            at, _clock(draw, at - timedelta(seconds=draw.randrange(90)), draw.choice(METRICS))
        )
    elif chance < 0.3:
        matter.answer(
            at, agent, met=[_clock(draw, at, each) for each in METRICS[: draw.randint(1, 2)]]
        )
    elif chance < 0.45:
        matter.answer(at, agent)
    elif chance < 0.55:
        matter.answer(at, None)
    elif chance < 0.65:
        matter.receive(at, quiet=True)
    elif chance < 0.8:
        matter.receive(at, late=at + timedelta(hours=draw.randrange(1, 60)))
    else:
        matter.receive(at)


def _clock(draw: Random, due_at: datetime, metric: str) -> dict[str, Any]:
    policy = UUID(int=draw.randrange(2))
    return {"metric": metric, "cycle": draw.randrange(2), "policy": policy, "due_at": due_at}


def _moved(team: Team, matter: Matter, at: datetime) -> None:
    if matter.level == 1:
        matter.move(at, "conversation.escalated", team.queues["Specialists"], 2)
    else:
        matter.move(at, "conversation.de_escalated", team.queues["General"], 1)
