"""Rule sets and their decisions: facts in, a decision that explains itself out."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from routing.conditions import fields_of
from routing.explanation import Explanation, QueueWinner, Winner
from routing.facts import Facts, Stage
from routing.predicates import View
from routing.priority import Priority
from routing.rules import Rule
from routing.stages import CompiledStage, StageRun

Level = Literal[1, 2, 3]


@dataclass(frozen=True, slots=True)
class QueueRef:
    """A queue as routing sees it: level 1 takes what can be answered at once, 2 the rest.

    Level 3 is the supervisors'.
    """

    id: str
    name: str
    level: Level


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a message belongs and why; every part of it is JSON as `orjson` or `json` writes it.

    `queue` is an id; `tags` are the conversation's together with those added, sorted.
    """

    queue: str
    level: Level
    priority: Priority
    tags: tuple[str, ...]
    type: str | None
    language: str | None
    rule_set_version: int
    explanation: Explanation


class RuleSet:
    """One immutable version of the rules, compiled.

    The same facts always give the same decision, explanation included. `fields` are those that
    the rules test: facts that are dear to find out need not be known beside them.

    Raises:
        ValueError: the default queue or one that a rule routes to does not exist, or two rules
            share an id.

    """

    def __init__(
        self,
        version: int,
        rules: Iterable[Rule],
        queues: Mapping[str, QueueRef],
        default_queue: str,
    ) -> None:
        rules = tuple(rules)
        _check(rules, queues, default_queue)
        self.version = version
        self.fields = frozenset(name for rule in rules for name in fields_of(rule.when))
        self._queues = dict(queues)
        self._default_queue = default_queue
        self._classify = CompiledStage(Stage.CLASSIFY, rules)
        self._route = CompiledStage(Stage.ROUTE, rules)

    def decide(self, facts: Facts, *, fallback_queue: str | None = None) -> Decision:
        """Route one message.

        `fallback_queue` is where it goes if no rule names a queue: the previous queue of a
        reopened conversation. Without it, or where that queue is gone, the default queue takes it.
        """
        view = View(facts.known)
        classified = self._classify.run(view)
        winners = _inherited(facts) | _winners(classified)
        tags = _tags(classified)
        _tell_route(view, winners, tags)
        routed = self._route.run(view)
        winners |= _winners(routed)
        tags |= {tag: by for tag, by in _tags(routed).items() if tag not in tags}
        queue, why = self._queue(winners.pop("queue", None), fallback_queue)
        return Decision(
            queue=queue.id,
            level=queue.level,
            priority=Priority(winners["priority"]["value"]),
            tags=tuple(sorted(tags.keys() | (view["tags"] or ()))),
            type=_value(winners, "type"),
            language=_value(winners, "language"),
            rule_set_version=self.version,
            explanation=Explanation(
                rule_set_version=self.version,
                stages=[classified.explained, routed.explained],
                queue=why,
                winners=winners,
                tags=list(tags.values()),
            ),
        )

    def _queue(self, winner: Winner | None, fallback: str | None) -> tuple[QueueRef, QueueWinner]:
        if winner is None and fallback in self._queues:
            winner = {"value": fallback, "by": "previous_queue"}
        winner = winner or {"value": self._default_queue, "by": "default"}
        queue = self._queues[winner["value"]]
        return queue, {**winner, "name": queue.name, "level": queue.level}


def _check(rules: tuple[Rule, ...], queues: Mapping[str, QueueRef], default_queue: str) -> None:
    if default_queue not in queues:
        raise ValueError(f"the default queue {default_queue!r} does not exist")
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            raise ValueError(f"two rules share the id {rule.id!r}")
        if rule.then.queue is not None and rule.then.queue not in queues:
            raise ValueError(
                f"rule {rule.id!r} routes to {rule.then.queue!r}, which does not exist"
            )
        seen.add(rule.id)


def _inherited(facts: Facts) -> dict[str, Winner]:
    """Tell what holds unless a rule says otherwise."""
    inherited: dict[str, Winner] = {"priority": {"value": "normal", "by": "default"}}
    for name in ("priority", "type", "language"):
        if (value := facts.known.get(name)) is not None:
            inherited[name] = {"value": str(value), "by": "facts"}
    return inherited


def _winners(run: StageRun) -> dict[str, Winner]:
    winners: dict[str, Winner] = {}
    for compiled in run.matched:
        for name, value in compiled.settings:
            if name not in winners:
                winners[name] = {"value": value, "by": "rule", "rule": compiled.rule.id}
    return winners


def _tags(run: StageRun) -> dict[str, Winner]:
    tags: dict[str, Winner] = {}
    for rule in (compiled.rule for compiled in run.matched):
        for tag in rule.then.add_tags:
            if tag not in tags:
                tags[tag] = {"value": tag, "by": "rule", "rule": rule.id}
    return tags


def _tell_route(view: View, winners: Mapping[str, Winner], tags: Collection[str]) -> None:
    """Add what classify made of the facts, once that stage is over."""
    view["priority"] = Priority(winners["priority"]["value"])
    view["type"] = _value(winners, "type")
    view["language"] = _value(winners, "language")
    if tags:
        view["tags"] = frozenset(tags) | (view["tags"] or frozenset())


def _value(winners: Mapping[str, Winner], name: str) -> str | None:
    winner = winners.get(name)
    return winner and winner["value"]
