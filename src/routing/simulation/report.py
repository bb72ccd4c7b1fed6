"""What came of a simulation, in figures that say how they are counted."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, timedelta, tzinfo
from math import ceil
from uuid import UUID

from routing.simulation.ledger import Ledger, Stay, Work

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Waits:
    """Waits of those who were answered, in seconds; None where nobody was.

    A percentile is the least wait that so many were within.
    """

    mean: float | None
    p50: float | None
    p90: float | None
    p95: float | None
    p99: float | None
    longest: float | None


@dataclass(frozen=True, slots=True)
class Service:
    """How a group of conversations was served.

    `answered + gave_up + still_waiting = arrived`. `service_level` is the share of all that arrived
    which were answered within their target; None where nothing arrived.
    """

    arrived: int
    answered: int
    gave_up: int
    still_waiting: int
    service_level: float | None
    waits: Waits


@dataclass(frozen=True, slots=True)
class Load:
    """An agent's day.

    `hours` at work, until the last conversation is done; `occupancy` is the load held over these,
    as a share of the capacity.
    """

    name: str
    hours: float
    answered: int
    occupancy: float | None


@dataclass(frozen=True, slots=True)
class Report:
    """All figures. Queues are those that conversations came to, by name.

    `overtakes` counts each time that somebody was given work while another had waited longer in the
    same queue, `longest_overtake` by how many seconds longer at most; `reservations` are
    conversations for which an agent's freed capacity was kept.
    """

    whole: Service
    by_queue: Mapping[str, Service]
    by_priority: Mapping[str, Service]
    by_kind: Mapping[str, Service]
    by_hour: Mapping[str, Service]
    agents: Sequence[Load]
    occupancy: float | None
    most_waiting: int
    overtakes: int
    longest_overtake: float
    overflows: int
    reservations: int
    declined: int
    expired: int
    targets: Mapping[str, float] = field(default_factory=dict)


def report(
    ledger: Ledger,
    names: Mapping[UUID, str],
    targets: Mapping[UUID, timedelta],
    zone: tzinfo = UTC,
) -> Report:
    """Sum a simulation up. `targets`: within what time those of each queue are to be answered.

    Hours are those of the arrival in `zone`.
    """
    stays = list(ledger.stays.values())

    def by(key: Callable[[Stay], str]) -> dict[str, Service]:
        groups: defaultdict[str, list[Stay]] = defaultdict(list)
        for stay in stays:
            groups[key(stay)].append(stay)
        return {name: _service(groups[name], targets) for name in sorted(groups)}

    return Report(
        whole=_service(stays, targets),
        by_queue=by(lambda stay: names[stay.arrival.queue_id]),
        by_priority=by(lambda stay: stay.arrival.priority.value),
        by_kind=by(lambda stay: stay.arrival.kind),
        by_hour=by(lambda stay: f"{stay.arrival.at.astimezone(zone):%H}:00"),
        agents=[_load(work) for work in ledger.work.values()],
        occupancy=_occupancy(ledger.work.values()),
        most_waiting=ledger.peak_waiting,
        overtakes=ledger.overtakes,
        longest_overtake=ledger.longest_overtake.total_seconds(),
        overflows=ledger.overflows,
        reservations=len(ledger.reserved),
        declined=ledger.declined,
        expired=ledger.expired,
        targets={names[queue]: target.total_seconds() for queue, target in targets.items()},
    )


def _service(stays: Sequence[Stay], targets: Mapping[UUID, timedelta]) -> Service:
    waits = sorted(stay.wait for stay in stays if stay.wait is not None)
    gave_up = sum(1 for stay in stays if stay.gave_up_at is not None)
    in_time = sum(
        1 for stay in stays if stay.wait is not None and stay.wait <= targets[stay.arrival.queue_id]
    )
    return Service(
        arrived=len(stays),
        answered=len(waits),
        gave_up=gave_up,
        still_waiting=len(stays) - len(waits) - gave_up,
        service_level=round(in_time / len(stays), 4) if stays else None,
        waits=_waits([wait.total_seconds() for wait in waits]),
    )


def _waits(ordered: Sequence[float]) -> Waits:
    if not ordered:
        return Waits(None, None, None, None, None, None)

    def within(share: float) -> float:
        return round(ordered[ceil(share * len(ordered)) - 1], 3)

    mean = round(sum(ordered) / len(ordered), 3)
    return Waits(mean, within(0.5), within(0.9), within(0.95), within(0.99), within(1))


def _load(work: Work) -> Load:
    return Load(
        name=work.worker.name,
        hours=round(work.at_work / HOUR, 2),
        answered=work.answered,
        occupancy=_occupancy([work]),
    )


def _occupancy(works: Iterable[Work]) -> float | None:
    works = list(works)
    offered = sum(((each.at_work * each.worker.capacity) for each in works), timedelta(0))
    held = sum((each.load_time for each in works), timedelta(0))
    return round(held / offered, 4) if offered else None
