"""Rules: what must hold, and what follows; read from JSON with every mistake named."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from routing.conditions import Condition, ConditionParser, condition_to_json
from routing.facts import FIELDS, Field, Stage
from routing.operators import ValueChecker
from routing.priority import Priority
from routing.problems import InvalidRule, Problems, below, did_you_mean, json_type

_REQUIRED: Final = ("id", "name", "order", "stage", "when", "then")
_KEYS: Final = (*_REQUIRED, "stop")

OUTCOMES: Final[Mapping[Stage, tuple[str, ...]]] = {
    Stage.CLASSIFY: ("add_tags", "type", "language", "priority"),
    Stage.ROUTE: ("add_tags", "queue", "priority"),
}
"""What the rules of each stage may set. A queue has its level, so routing to it sets both."""

_FIELD_OF: Final[Mapping[str, Field]] = {
    "type": FIELDS["type"],
    "language": FIELDS["language"],
    "priority": FIELDS["priority"],
    "queue": FIELDS["previous_queue"],
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a matching rule wants: None and the empty tuple mean that it leaves that to others."""

    add_tags: tuple[str, ...] = ()
    type: str | None = None
    language: str | None = None
    priority: Priority | None = None
    queue: str | None = None

    def settings(self) -> tuple[tuple[str, str], ...]:
        """List what it sets besides tags: names with their values as JSON has them."""
        named = {name: getattr(self, name) for name in _FIELD_OF}
        return tuple((name, str(value)) for name, value in named.items() if value is not None)

    def to_json(self) -> dict[str, object]:
        """Write the `then` of a rule."""
        tags = {"add_tags": list(self.add_tags)} if self.add_tags else {}
        return tags | dict(self.settings())


@dataclass(frozen=True, slots=True)
class Rule:
    """If `when` holds, then `then`; with `stop`, no later rule of the stage is asked.

    Rules run by `order`, then by `id`; for each field the first that matches wins, tags add up.
    """

    id: str
    name: str
    order: int
    stage: Stage
    when: Condition
    then: Outcome
    stop: bool = False

    def to_json(self) -> dict[str, object]:
        """Write what `parse_rule` reads."""
        return {
            "id": self.id,
            "name": self.name,
            "order": self.order,
            "stage": str(self.stage),
            "when": condition_to_json(self.when),
            "then": self.then.to_json(),
            "stop": self.stop,
        }


def parse_rule(obj: object, *, queues: Collection[str]) -> Rule:
    """Read a rule from parsed JSON; `queues` are the ids of the queues that exist.

    Raises:
        InvalidRule: with every problem found, each with its JSON Pointer into `obj`.

    """
    problems = Problems()
    rule = _RuleParser(ValueChecker(queues, problems)).parse(obj)
    if rule is None or problems.found:
        raise InvalidRule(problems.found)
    return rule


@dataclass(frozen=True, slots=True)
class _RuleParser:
    checker: ValueChecker

    def parse(self, obj: object) -> Rule | None:
        problems = self.checker.problems
        if not isinstance(obj, dict):
            problems.add("", f"a rule must be an object, not {json_type(obj)}")
            return None
        problems.unknown_keys(obj, "", _KEYS)
        problems.missing_keys(obj, "", _REQUIRED)
        self._head(obj)
        stage = self._stage(obj["stage"]) if "stage" in obj else None
        parser = ConditionParser(self.checker, stage)
        when = parser.parse(obj["when"], "/when") if "when" in obj else None
        if "then" in obj:
            self._then(obj["then"], stage, stops=obj.get("stop") is True)
        if problems.found or stage is None or when is None:
            return None
        return _rule(obj, stage, when)

    def _head(self, obj: dict[str, object]) -> None:
        for key in ("id", "name"):
            if key in obj:
                self.checker.label(obj[key], f"/{key}")
        order = obj.get("order", 0)
        if isinstance(order, bool) or not isinstance(order, int) or abs(order) >= 2**31:
            self.checker.problems.add("/order", "must be a whole number of at most 31 bits")
        stop = obj.get("stop", False)
        if not isinstance(stop, bool):
            self.checker.problems.add("/stop", f"must be true or false, not {json_type(stop)}")

    def _stage(self, value: object) -> Stage | None:
        names = [str(stage) for stage in Stage]
        if isinstance(value, str) and value in names:
            return Stage(value)
        self.checker.problems.add("/stage", f"is no stage{did_you_mean(str(value), names)}")
        return None

    def _then(self, obj: object, stage: Stage | None, *, stops: bool) -> None:
        problems = self.checker.problems
        if not isinstance(obj, dict):
            problems.add("/then", f"must be an object, not {json_type(obj)}")
            return
        if not obj and not stops:
            problems.add("/then", "must set something, unless the rule stops its stage")
        allowed = OUTCOMES[stage] if stage else ("add_tags", *_FIELD_OF)
        hint = f" in stage {stage}" if stage else ""
        problems.unknown_keys(obj, "/then", allowed, hint=hint)
        for key, value in obj.items():
            if key == "add_tags":
                self.checker.items(value, "/then/add_tags", self.checker.label)
            elif key in allowed:
                self.checker.scalar(_FIELD_OF[key], value, below("/then", key))


def _rule(obj: dict[str, Any], stage: Stage, when: Condition) -> Rule:
    return Rule(
        id=obj["id"],
        name=obj["name"],
        order=obj["order"],
        stage=stage,
        when=when,
        then=_outcome(obj["then"]),
        stop=obj.get("stop", False),
    )


def _outcome(obj: dict[str, Any]) -> Outcome:
    return Outcome(
        add_tags=tuple(obj.get("add_tags", ())),
        type=obj.get("type"),
        language=obj.get("language"),
        priority=Priority(obj["priority"]) if "priority" in obj else None,
        queue=obj.get("queue"),
    )
