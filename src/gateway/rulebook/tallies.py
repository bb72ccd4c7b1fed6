"""What a backtest counts."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from gateway.rulebook.outcomes import COMPARED, Outcome, decided, differing, plain, stored
from routing.engine import Decision

EXAMPLES = 20
QUEUE = COMPARED.index("queue")


@dataclass(slots=True)
class Tally:
    """Decisions as they were beside those that other rules take.

    `matrix` counts by queue then and queue now, `hits` the rules that matched, `load` by hour of
    the day (UTC) and queue which messages came then and which would come now.
    """

    decisions: int = 0
    changed: int = 0
    fields: Counter[str] = field(default_factory=Counter)
    matrix: Counter[tuple[str, str]] = field(default_factory=Counter)
    hits: Counter[str] = field(default_factory=Counter)
    load: dict[tuple[int, str], list[int]] = field(default_factory=dict)
    examples: list[dict[str, Any]] = field(default_factory=list)

    def add(self, row: Mapping[str, Any], decision: Decision) -> None:
        """Count one decision, and keep it as an example if it differs and there is room."""
        then, now = stored(row["outcome"]), decided(decision)
        queue = then[QUEUE]
        self.decisions += 1
        self.matrix[queue, decision.queue] += 1
        for stage in decision.explanation["stages"]:
            for rule in stage["matched"]:
                self.hits[rule["id"]] += 1
        if row["message_id"] is not None:
            hour = row["decided_at"].astimezone(UTC).hour
            self._loaded(hour, queue)[0] += 1
            self._loaded(hour, decision.queue)[1] += 1
        if then != now:
            self.changed += 1
            self.fields.update(differing(then, now))
            if len(self.examples) < EXAMPLES:
                self.examples.append(_example(row, then, now))

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


def _example(row: Mapping[str, Any], then: Outcome, now: Outcome) -> dict[str, Any]:
    values = zip(COMPARED, then, now, strict=True)
    decided_at: datetime = row["decided_at"]
    return {
        "conversation": str(row["conversation_id"]),
        "message": row["message_id"] and str(row["message_id"]),
        "decided_at": decided_at.isoformat(),
        "differing": {
            name: {"then": plain(before), "now": plain(after)}
            for name, before, after in values
            if before != after
        },
    }
