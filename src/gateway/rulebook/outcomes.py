"""What was decided, as `decision.outcome` holds it."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final, cast

import orjson

from routing.engine import Decision

SOMETIMES: Final = ("skills", "preferred_skills", "sla", "acknowledge", "assignee", "notify")
"""Outcomes that are left out where nothing was decided."""
COMPARED: Final = ("queue", "level", "priority", "tags", "type", "language", *SOMETIMES)
REMEMBERED: Final = 10_000

Outcome = tuple[Any, ...]
"""Values by `COMPARED`, as a decision has them."""

decided: Final = cast("Callable[[Decision], Outcome]", attrgetter(*COMPARED))
"""The outcome of a decision."""

_NOTHING: Final[Mapping[str, Any]] = {
    "tags": (),
    "skills": (),
    "preferred_skills": {},
    "notify": (),
}


@lru_cache(REMEMBERED)
def stored(document: str) -> Outcome:
    """The outcome that `decision.outcome` holds; the same few come again and again."""
    known = orjson.loads(document)
    return tuple(_read(known.get(name, _NOTHING.get(name))) for name in COMPARED)


def outcome_of(decision: Decision) -> dict[str, Any]:
    """A decision's outcome as JSON has it."""
    outcome = zip(COMPARED, decided(decision), strict=True)
    return {name: plain(value) for name, value in outcome if value or name not in SOMETIMES}


def differing(then: Outcome, now: Outcome) -> list[str]:
    """The names of values that are not the same."""
    pairs = zip(COMPARED, then, now, strict=True)
    return [name for name, before, after in pairs if before != after]


def plain(value: Any) -> Any:
    """A value of an outcome as JSON has it."""
    return list(value) if isinstance(value, tuple) else value


def _read(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
