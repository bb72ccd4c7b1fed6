"""Rules: what must hold, and what follows; read from JSON with every mistake named."""

from dataclasses import dataclass
from typing import Any, Final

from routing.conditions import Condition, ConditionParser, condition_to_json
from routing.facts import Existing, Stage
from routing.operators import ValueChecker
from routing.outcomes import Outcome, check_outcome, outcome_of
from routing.problems import InvalidRule, Problems, did_you_mean, json_type

_REQUIRED: Final = ("id", "name", "order", "stage", "when", "then")
_KEYS: Final = (*_REQUIRED, "stop")


@dataclass(frozen=True, slots=True)
class Rule:
    """If `when` holds, then `then`; with `stop`, no later rule of the stage is asked.

    Rules run by `order`, then by `id`; for each outcome the first that matches wins, tags and
    skills add up.
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


def parse_rule(obj: object, *, existing: Existing) -> Rule:
    """Read a rule from parsed JSON that names only what is `existing`.

    Raises:
        InvalidRule: with every problem found, each with its JSON Pointer into `obj`.

    """
    problems = Problems()
    rule = _RuleParser(ValueChecker(existing, problems)).parse(obj)
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
            check_outcome(self.checker, obj["then"], stage, may_be_empty=obj.get("stop") is True)
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


def _rule(obj: dict[str, Any], stage: Stage, when: Condition) -> Rule:
    return Rule(
        id=obj["id"],
        name=obj["name"],
        order=obj["order"],
        stage=stage,
        when=when,
        then=outcome_of(obj["then"]),
        stop=obj.get("stop", False),
    )
