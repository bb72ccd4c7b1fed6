"""One stage of a rule set, compiled: runs all its rules over the same facts."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from routing.explanation import (
    MAX_SHOWN,
    Matched,
    NearMiss,
    RuleName,
    StageExplained,
    Stopped,
)
from routing.facts import Field, FieldType, Stage
from routing.guards import Guard, GuardIndex, split_guards
from routing.matching import Literal, Matcher, compile_condition
from routing.predicates import View
from routing.rules import Rule

NEAR_MISSES: Final = {Stage.CLASSIFY: 2, Stage.ROUTE: 3}
"""How many near misses a stage tells: five in all, most of them where the queue is chosen."""


@dataclass(frozen=True, slots=True, eq=False)
class CompiledRule:
    """A rule ready to run: `guards` are answered by the stage's index, `rest` is asked after.

    `stopped` is what the explanation says if this rule ends the stage.
    """

    rule: Rule
    guards: tuple[Guard, ...]
    rest: Matcher
    settings: tuple[tuple[str, str], ...]
    stopped: Stopped | None

    def only_lacking(self, view: View, *, guards_pass: bool) -> Literal | None:
        """Name the one literal that keeps the rule from matching, or None if there are more.

        A rule whose guards do not all pass fails exactly one of them.
        """
        if guards_pass:
            lacking = self.rest.lacking(view)
            return lacking[0] if len(lacking) == 1 else None
        if not self.rest.holds(view):
            return None
        return next(guard.literal for guard in self.guards if not guard.literal.holds(view))


@dataclass(frozen=True, slots=True)
class StageRun:
    """The rules that matched, in their order, and the explanation."""

    matched: list[CompiledRule]
    explained: StageExplained


class CompiledStage:
    """The rules of one stage in the order in which they run."""

    def __init__(self, stage: Stage, rules: Iterable[Rule]) -> None:
        ordered = sorted(
            (rule for rule in rules if rule.stage is stage), key=lambda rule: (rule.order, rule.id)
        )
        self._stage = stage
        self._rules = [_compiled(rule, ordered[n + 1 :]) for n, rule in enumerate(ordered)]
        self._index = GuardIndex([compiled.guards for compiled in self._rules])

    def run(self, view: View) -> StageRun:
        """Ask the rules in order until one stops the stage."""
        matched, near = self._ask(view)
        explained: StageExplained = {
            "stage": self._stage.value,
            "matched": [_matched(compiled, view) for compiled in matched],
            "stopped": matched[-1].stopped if matched else None,
            "near_misses": [_near_miss(compiled.rule, literal, view) for compiled, literal in near],
        }
        return StageRun(matched, explained)

    def _ask(self, view: View) -> tuple[list[CompiledRule], list[tuple[CompiledRule, Literal]]]:
        matched: list[CompiledRule] = []
        near: list[tuple[CompiledRule, Literal]] = []
        room = NEAR_MISSES[self._stage]
        passing, one_failed = self._index.ask(view)
        pending = passing | one_failed
        while pending:
            bit = pending & -pending
            pending ^= bit
            compiled = self._rules[bit.bit_length() - 1]
            passes = bit & passing
            if passes and compiled.rest.holds(view):
                matched.append(compiled)
                if compiled.rule.stop:
                    break
            elif room and (literal := compiled.only_lacking(view, guards_pass=bool(passes))):
                near.append((compiled, literal))
                room -= 1
                if not room:  # from here on only what matches is of interest
                    pending &= passing
        return matched, near


def _compiled(rule: Rule, later: list[Rule]) -> CompiledRule:
    guards, rest = split_guards(rule.when)
    stopped = _stopped(rule, later) if rule.stop and later else None
    return CompiledRule(rule, guards, compile_condition(rest), rule.then.settings(), stopped)


def _stopped(by: Rule, later: list[Rule]) -> Stopped:
    return {
        "by": _name(by),
        "hidden": len(later),
        "first": [_name(rule) for rule in later[:MAX_SHOWN]],
    }


def _name(rule: Rule) -> RuleName:
    return {"id": rule.id, "name": rule.name}


def _matched(compiled: CompiledRule, view: View) -> Matched:
    proof = tuple(guard.literal for guard in compiled.guards) + compiled.rest.proof(view)
    matched: Matched = {
        "id": compiled.rule.id,
        "name": compiled.rule.name,
        "because": [literal.held(view) for literal in proof[:MAX_SHOWN]],
    }
    if len(proof) > MAX_SHOWN:
        matched["more"] = len(proof) - MAX_SHOWN
    return matched


def _near_miss(rule: Rule, lacking: Literal, view: View) -> NearMiss:
    return {
        "id": rule.id,
        "name": rule.name,
        "lacking": lacking.shown,
        "seen": _seen(lacking.leaf.field, view[lacking.leaf.field.name]),
    }


def _seen(field: Field, value: Any) -> Any:
    if value is None:
        return None
    if field.is_private:
        return {"length": len(value)}
    match field.type:
        case FieldType.SET:
            return sorted(value)
        case FieldType.DATETIME:
            return value.isoformat()
        case FieldType.PRIORITY | FieldType.ENUM | FieldType.ID:
            return str(value)
        case _:
            return value
