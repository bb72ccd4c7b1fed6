"""A past by chance: weeks and days have their tides, agents their strength."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final
from uuid import UUID

from gateway.demo.matters import Matter
from gateway.demo.past_rows import Customer, Past
from gateway.demo.wordings import ANSWERS, NAMES, OPENINGS, THANKS, TOPICS

BY_WEEKDAY: Final = (1.3, 1.15, 1.0, 1.0, 0.9, 0.3, 0.2)
BY_HOUR: Final = (
    1,
    1,
    1,
    1,
    1,
    2,
    4,
    10,
    22,
    34,
    36,
    32,
    22,
    26,
    32,
    30,
    26,
    20,
    14,
    10,
    8,
    6,
    4,
    2,
)
KINDS: Final = {"email": 50, "web_form": 22, "chat": 20, "sms": 8}
SLOWNESS: Final = {"email": 1.0, "web_form": 1.0, "sms": 0.5, "chat": 0.05}
SPACES: Final = {"email": "email", "web_form": "email", "sms": "phone", "chat": "visitor"}
LANGUAGES: Final = {"en": 45, "it": 35, "de": 20}
RISING: Final = "delivery_delay"
RISES_FOR: Final = timedelta(days=45)
FIRST_ANSWER_S: Final = 4 * 3600
CLOSED_AFTER: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Worker:
    """`pace` multiplies what everything takes; `care` is how rarely a customer comes back."""

    id: UUID
    pace: float
    care: float


@dataclass(frozen=True, slots=True)
class Ground:
    """What the workspace has: channels by kind, a queue of each level, agents of each level."""

    channels: Mapping[str, UUID]
    first: UUID
    second: UUID
    workers: Sequence[Worker]
    experts: Sequence[Worker]
    policy: UUID


def past_of(ground: Ground, until: datetime, days: int, number: int, seed: int) -> list[Past]:
    """So many conversations of the days before `until`, less those that would last beyond it."""
    draw = Random(seed)  # noqa: S311 - the same seed is to give the same past
    since = until - timedelta(days=days)
    customers: list[Customer] = []
    told = [_one(draw, ground, at, until, customers) for at in _arrivals(draw, since, days, number)]
    return [past for past in told if past.matter.told[-1].at < until]


def _arrivals(draw: Random, since: datetime, days: int, number: int) -> Iterator[datetime]:
    """In order; a third more of them at the end than at the beginning."""
    dates = [since + timedelta(days=day) for day in range(days)]
    weights = [BY_WEEKDAY[at.weekday()] * (1 + day / days / 3) for day, at in enumerate(dates)]
    chosen = draw.choices(dates, weights, k=number)
    hours = draw.choices(range(24), BY_HOUR, k=number)
    for date, hour in sorted(zip(chosen, hours, strict=True)):
        start = date.astimezone(UTC).replace(hour=hour, minute=0, second=0, microsecond=0)
        yield start + timedelta(seconds=draw.randrange(3_600))


def _one(
    draw: Random, ground: Ground, at: datetime, until: datetime, customers: list[Customer]
) -> Past:
    kind = _weighted(draw, KINDS)
    language = _weighted(draw, LANGUAGES)
    customer = _customer(draw, kind, at, customers)
    type_ = _weighted(draw, _topics(at, until))
    matter = Matter(
        UUID(int=draw.getrandbits(128), version=4), ground.channels[kind], ground.first, 1
    )
    priority = _weighted(draw, {"normal": 80, "high": 13, "low": 5, "urgent": 2})
    matter.open(at, type=type_, language=language, priority=priority, sla_policy=ground.policy)
    story = _Story(draw, ground, matter, kind, language)
    story.said.append(draw.choice(OPENINGS[language]).format(topic=TOPICS[type_][language]))
    story.tell(at)
    if matter.status == "solved" and matter.told[-1].at + CLOSED_AFTER < until:
        matter.close(matter.told[-1].at + CLOSED_AFTER)
    return Past(matter, customer, TOPICS[type_][language].capitalize(), story.said, ground.policy)


class _Story:
    """How one conversation goes, from its first message to its end."""

    def __init__(
        self, draw: Random, ground: Ground, matter: Matter, kind: str, language: str
    ) -> None:
        self._draw = draw
        self._ground = ground
        self._matter = matter
        self._slowness = SLOWNESS[kind]
        self._language = language
        self.said: list[str] = []

    def tell(self, at: datetime) -> None:
        draw, worker = self._draw, self._draw.choice(self._ground.workers)
        if draw.random() < 0.04:
            self._matter.solve(at + timedelta(hours=draw.randrange(20, 80)), None)
            return
        at = self._served(at, worker)
        if draw.random() < 0.14:
            at += self._while(0.4)
            self._matter.move(at, "conversation.escalated", self._ground.second, 2)
            worker = draw.choice(self._ground.experts)
            at = self._served(at, worker)
        at = self._ended(at, worker)
        if draw.random() > worker.care:
            at += timedelta(hours=draw.randrange(3, 90))
            self._matter.reopen(at)
            self.said.append(draw.choice(THANKS[self._language]))
            at = self._ended(self._served(at, worker), worker)
        self._asked(at, worker)

    def _served(self, at: datetime, worker: Worker) -> datetime:
        """Taken and answered; the clock of the first answer is met, or breached before."""
        due_at = at + timedelta(seconds=FIRST_ANSWER_S)
        taken_at = at + self._while(worker.pace * (1.0 if 7 <= at.hour < 18 else 4.0))
        clock = {"metric": "first_response", "cycle": len(self.said), "policy": self._ground.policy}
        clock["due_at"] = due_at
        answered_at = taken_at + self._while(0.3 * worker.pace)
        if due_at < taken_at:
            self._matter.breach(due_at, clock)
        self._matter.assign(taken_at, worker.id)
        if taken_at <= due_at < answered_at:
            self._matter.breach(due_at, clock)
        met: dict[str, Any] = {"met": [clock]} if answered_at <= due_at else {}
        self._matter.answer(answered_at, worker.id, **met)
        self.said.append(self._draw.choice(ANSWERS[self._language]))
        return answered_at

    def _ended(self, at: datetime, worker: Worker) -> datetime:
        """Perhaps a while of waiting for the customer, and some more words; then solved."""
        if self._draw.random() < 0.25:
            self._matter.pend(at + timedelta(seconds=20))
            at += timedelta(seconds=60) + self._while(3)
            self._matter.wake(at)
            self._matter.receive(at)
            self.said.append(self._draw.choice(THANKS[self._language]))
            at += self._while(worker.pace)
            self._matter.answer(at, worker.id)
            self.said.append(self._draw.choice(ANSWERS[self._language]))
        at += self._while(0.5 * worker.pace)
        self._matter.solve(at, worker.id)
        return at

    def _asked(self, at: datetime, worker: Worker) -> None:
        """A survey; careful agents are thanked more."""
        if self._draw.random() > 0.5:
            return
        at += timedelta(hours=1)
        name = str(UUID(int=self._draw.getrandbits(128), version=4))
        self._matter.survey(at, name, "csat", None)
        if self._draw.random() < 0.4:
            score = round(self._draw.triangular(1, 5.4, 5.4 * worker.care))
            self._matter.survey(at + timedelta(hours=2), name, "csat", min(5, max(1, score)))

    def _while(self, share: float) -> timedelta:
        """Some time; of an hour on the whole, where the channel is not a fast one."""
        return timedelta(
            seconds=5 + int(self._draw.expovariate(1) * 3_600 * share * self._slowness)
        )


def _topics(at: datetime, until: datetime) -> dict[str, float]:
    """One type was rare, and has been rising lately."""
    risen = max(0.0, 1 - (until - at) / RISES_FOR)
    return {"order": 30, "refund": 18, "invoice": 16, "account": 14, RISING: 2 + 45 * risen}


def _customer(draw: Random, kind: str, at: datetime, known: list[Customer]) -> Customer:
    """Two in five have written before, over the same kind of address."""
    space = SPACES[kind]
    if known and draw.random() < 0.4:
        again = draw.choice(known[-2_000:])
        if again.space == space:
            return again
    number, name = len(known), draw.choice(NAMES)
    address = {
        "email": f"{name.split()[0].lower()}.{number}@example.com",
        "phone": f"+1555{number:07}",
        "visitor": f"demo-{number}",
    }[space]
    customer = Customer(name, space, address, at)
    known.append(customer)
    return customer


def _weighted(draw: Random, weights: Mapping[str, float]) -> str:
    [chosen] = draw.choices([*weights], [*weights.values()])
    return chosen
