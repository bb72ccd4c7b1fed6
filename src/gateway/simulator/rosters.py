"""Queues, workers and rules of a scenario, as routing knows them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from gateway import rule_sets
from gateway.references import References
from gateway.rule_sets import RuleDocument
from gateway.rulebook import editing, portable
from gateway.simulator.scenario_file import AgentEntry, InvalidScenario, QueueEntry, instant
from routing.assignment import Mode, QueueTerms
from routing.engine import RuleSet
from routing.problems import InvalidRule
from routing.queues import QueueRef
from routing.simulation import Shift, Worker

MODES: Final = {"offer": Mode.OFFER, "direct": Mode.DIRECT, "pull": Mode.DIRECT}
"""Agents who take what is next themselves are played as if it were given to them."""


NAMESPACE: Final = UUID(int=0)
"""Agents without an id have one by their name, so that the same scenario comes out the same."""


def ids_by_name(refs: Mapping[str, QueueRef]) -> dict[str, UUID]:
    """Queues by their names, without regard to case."""
    return {queue.name.casefold(): UUID(id_) for id_, queue in refs.items()}


def terms_of(entry: QueueEntry, queue_id: UUID, ids: Mapping[str, UUID]) -> QueueTerms:
    """The terms of a queue that the scenario describes in full."""
    return changed(
        QueueTerms(
            queue_id,
            entry.level,
            MODES[entry.mode],
            entry.offer_timeout,
            entry.sticky_for,
            entry.reserve_after,
        ),
        entry,
        ids,
    )


def changed(terms: QueueTerms, entry: QueueEntry, ids: Mapping[str, UUID]) -> QueueTerms:
    """Other terms, where the scenario says something.

    Raises:
        InvalidScenario: the overflow queue does not exist.
    """
    said: dict[str, Any] = {
        name: getattr(entry, name)
        for name in ("level", "offer_timeout", "sticky_for", "reserve_after")
        if name in entry.model_fields_set
    }
    if "mode" in entry.model_fields_set:
        said["mode"] = MODES[entry.mode]
    if "overflow" in entry.model_fields_set:
        said["overflow"] = entry.overflow and queue_named(entry.overflow, ids)
    return replace(terms, **said)


def queue_named(name: str, ids: Mapping[str, UUID]) -> UUID:
    """Raise InvalidScenario where no queue is called so."""
    found = ids.get(name.casefold())
    if found is None:
        raise InvalidScenario(f"no queue is called {name!r}")
    return found


def workers(
    entries: Sequence[AgentEntry],
    day: date,
    zone: ZoneInfo,
    queues: Mapping[str, UUID],
    known: Mapping[str, UUID],
) -> list[Worker]:
    """The agents on their shifts; who is `known` by name keeps their id."""
    return [
        Worker(
            id=known.get(name.casefold()) or uuid5(NAMESPACE, name),
            name=name,
            capacity=entry.capacity,
            queues={queue_named(each, queues): grade for each, grade in entry.queues.items()},
            skills=entry.skills,
            shifts=[
                Shift(instant(day, begin, zone), instant(day, end, zone))
                for begin, end in entry.shifts
            ],
            answers_after=entry.answers_after,
            declines=entry.declines,
        )
        for entry in entries
        for name in _names(entry)
    ]


def _names(entry: AgentEntry) -> Iterator[str]:
    if entry.number == 1:
        yield entry.name
    else:
        yield from (f"{entry.name} {n}" for n in range(1, entry.number + 1))


def rules_of(path: Path, references: References) -> RuleSet:
    """The rules of a file as `sportello rules export` writes it.

    Raises:
        InvalidScenario: it cannot be read, or its rules have mistakes.
    """
    try:
        contents = portable.read(path.read_text(encoding="utf-8"), references.names)
        documents = editing.whole(contents.rules, references.names)
    except InvalidRule as error:
        told = (f"{path}: {each.pointer}: {each.message}" for each in error.problems)
        raise InvalidScenario(*told) from None
    except (OSError, ValueError) as error:
        raise InvalidScenario(f"{path}: {error}") from None
    return compiled(documents, references)


def compiled(documents: Sequence[RuleDocument], references: References) -> RuleSet:
    rules = rule_sets.parse_all(documents, references.names)
    return RuleSet(0, rules, references.queues, references.default_queue)
