"""What a backtest counts."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from gateway.rulebook.outcomes import differing, outcome_of
from routing.engine import Decision

EXAMPLES = 20


@dataclass(slots=True)
class Tally:
    """Decisions as they were beside those that other rules take.

    `matrix` counts by queue then and queue now, `hits` the rules that matched, `load` by hour of
    the day (UTC) and queue what came then and what would come now.
    """

    decisions: int = 0
    changed: int = 0
    fields: Counter[str] = field(default_factory=Counter)
    matrix: Counter[tuple[str, str]] = field(default_factory=Counter)
    hits: Counter[str] = field(default_factory=Counter)
    load: dict[tuple[int, str], list[int]] = field(default_factory=dict)
    examples: list[dict[str, Any]] = field(default_factory=list)

    def add(self, row: Mapping[str, Any], outcome: Mapping[str, Any], decision: Decision) -> None:
        """Count one decision, and keep it as an example if it differs and there is room."""
        self.decisions += 1
        self.matrix[outcome["queue"], decision.queue] += 1
        for stage in decision.explanation["stages"]:
            for rule in stage["matched"]:
                self.hits[rule["id"]] += 1
        hour = row["decided_at"].astimezone(UTC).hour
        self._loaded(hour, outcome["queue"])[0] += 1
        self._loaded(hour, decision.queue)[1] += 1
        if found := _differing(outcome, decision):
            self.changed += 1
            self.fields.update(found.keys())
            if len(self.examples) < EXAMPLES:
                self.examples.append(_example(row, found))

    def _loaded(self, hour: int, queue: str) -> list[int]:
        return self.load.setdefault((hour, queue), [0, 0])

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "decisions": self.decisions,
            "changed": self.changed,
            "fields": dict(self.fields),
            "matrix": [
                {"queue": then, "instead": now, "decisions": number}
                for (then, now), number in self.matrix.most_common()
            ],
            "hits": dict(self.hits),
            "load": [
                {"hour": hour, "queue": queue, "before": before, "after": after}
                for (hour, queue), (before, after) in sorted(self.load.items())
            ],
            "examples": self.examples,
        }


def _differing(outcome: Mapping[str, Any], decision: Decision) -> dict[str, dict[str, Any]]:
    now = outcome_of(decision)
    return {
        name: {"then": outcome.get(name), "now": now.get(name)} for name in differing(outcome, now)
    }


def _example(row: Mapping[str, Any], found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    decided_at: datetime = row["decided_at"]
    return {
        "conversation": str(row["conversation_id"]),
        "message": str(row["message_id"]),
        "decided_at": decided_at.isoformat(),
        "differing": found,
    }
