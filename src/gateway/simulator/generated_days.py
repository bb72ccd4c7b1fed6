"""Days by chance: who comes is drawn by the rates of a scenario."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from typing import Final
from uuid import UUID

from gateway.references import Names, References
from gateway.rulebook.samples import InvalidFacts
from gateway.simulator.day import Customer, Day, Team
from gateway.simulator.rosters import compiled, ids_by_name, rules_of, terms_of, workers
from gateway.simulator.scenario_file import (
    MAX_ARRIVALS,
    InvalidScenario,
    Scenario,
    StreamEntry,
    instant,
)
from routing.facts import FactValue, Reference
from routing.queues import QueueRef
from routing.simulation import Worker
from routing.simulation.arrivals import Duration, poisson

WEIGHTS: Final[Mapping[str, int]] = {"chat": 2}
DECLINE_COOLDOWN: Final = timedelta(minutes=5)


def generated(scenario: Scenario, folder: Path) -> Day:
    """The day of a scenario, whose rules lie in `folder`; its first queue is the default.

    Raises:
        InvalidScenario: it says what cannot be, or lacks something.
    """
    day = _required_date(scenario)
    team = _team(scenario, day)
    customers = sorted(_customers(scenario, day), key=lambda each: (each.at, each.id))
    if len(customers) > MAX_ARRIVALS:
        raise InvalidScenario(f"more than {MAX_ARRIVALS:,} arrivals: lower the rates")
    rules = (
        rules_of(folder / scenario.rules, team.references)
        if scenario.rules
        else compiled([], team.references)
    )
    return Day(
        name=scenario.name,
        team=team,
        rules=rules,
        customers=customers,
        until=instant(day, scenario.ends, scenario.zone_info()),
        zone=scenario.zone_info(),
        seed=scenario.seed,
        notes=(f"{len(customers)} arrivals drawn with seed {scenario.seed}",),
    )


def _required_date(scenario: Scenario) -> date:
    parts = ("day", "queues", "streams", "agents")
    missing = [part for part in parts if not getattr(scenario, part)]
    if missing or scenario.day is None:
        raise InvalidScenario(f"{', '.join(missing)}: needed, unless the day is one of the past")
    return scenario.day


def _team(scenario: Scenario, day: date) -> Team:
    refs = {
        str(UUID(int=number)): QueueRef(str(UUID(int=number)), entry.name, entry.level)
        for number, entry in enumerate(scenario.queues, 1)
    }
    ids = ids_by_name(refs)
    if len(ids) < len(refs):
        raise InvalidScenario("queues: two have the same name")
    staff = workers(scenario.agents, day, scenario.zone_info(), ids, {})
    entries = {ids[entry.name.casefold()]: entry for entry in scenario.queues}
    return Team(
        queues={id_: terms_of(entry, id_, ids) for id_, entry in entries.items()},
        references=References(refs, next(iter(refs)), _names(refs, staff)),
        targets={id_: entry.answer_within for id_, entry in entries.items()},
        workers=staff,
        weights=WEIGHTS if scenario.weights is None else scenario.weights,
        decline_cooldown=scenario.decline_cooldown or DECLINE_COOLDOWN,
    )


def _names(refs: Mapping[str, QueueRef], staff: Iterable[Worker]) -> Names:
    return {
        Reference.QUEUE: {id_: queue.name for id_, queue in refs.items()},
        Reference.AGENT: {str(worker.id): worker.name for worker in staff},
    }


def _customers(scenario: Scenario, day: date) -> Iterator[Customer]:
    for number, stream in enumerate(scenario.streams, 1):
        drawn = _drawn(scenario, stream, number, day)
        yield from islice(drawn, MAX_ARRIVALS + 1)


def _drawn(scenario: Scenario, stream: StreamEntry, number: int, day: date) -> Iterator[Customer]:
    """Each stream has chances of its own: another one beside it, or other staff, changes none."""
    zone = scenario.zone_info()
    random = Random(f"{scenario.seed}/{stream.name}")  # noqa: S311 - a simulation
    facts = _facts(stream)
    patience = stream.patience or scenario.patience.get(stream.message.kind)
    rates = stream.rates(day, zone, scenario.begins)
    until = instant(day, scenario.ends, zone)
    for at in poisson(rates, until, random):
        yield Customer(
            id=UUID(int=number << 64 | random.getrandbits(64)),
            at=at,
            facts={**facts, "received_at": at},
            handling=stream.lengths.draw(random),
            patience=Duration(patience).draw(random) if patience else None,
            skills=frozenset(stream.skills),
        )


def _facts(stream: StreamEntry) -> dict[str, FactValue | None]:
    try:
        return stream.known()
    except InvalidFacts as error:
        told = (
            f"stream {stream.name!r}: {each.pointer}: {each.message}" for each in error.problems
        )
        raise InvalidScenario(*told) from None
