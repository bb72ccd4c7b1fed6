"""What was decided, as `decision.outcome` holds it."""

from collections.abc import Mapping
from typing import Any, Final

from routing.engine import Decision

SOMETIMES: Final = ("skills", "preferred_skills", "sla", "acknowledge", "assignee")
"""Outcomes that are left out where nothing was decided."""
COMPARED: Final = ("queue", "level", "priority", "tags", "type", "language", *SOMETIMES)


def outcome_of(decision: Decision) -> dict[str, Any]:
    """A decision's outcome as JSON has it."""
    outcome = {name: _plain(getattr(decision, name)) for name in COMPARED}
    return {name: value for name, value in outcome.items() if value or name not in SOMETIMES}


def differing(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """The names of outcomes that are not the same."""
    return [name for name in COMPARED if then.get(name) != now.get(name)]


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
