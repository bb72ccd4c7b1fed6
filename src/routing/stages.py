"""One stage of a rule set, compiled: runs all its rules over the same facts."""

from collections.abc import Iterable
from dataclasses import dataclass

from routing.conditions import All
from routing.explanation import (
    MAX_SHOWN,
    Matched,
    NearMiss,
    RuleName,
    StageExplained,
    Stopped,
)
from routing.facts import Stage
from routing.guards import Guard, GuardIndex, split_guards
from routing.matching import Literal, Matcher, compile_condition
from routing.outcomes import STAGES
from routing.predicates import View
from routing.rules import Rule


@dataclass(frozen=True, slots=True, eq=False)
class CompiledRule:
    """A rule ready to run: `guards` are answered by the stage's index, the others asked after.

    `inexact` are guards that must be asked all the same; `alternatives` has the literals of a rule
    that is nothing but exact guards of one literal each, cheapest first; `stopped` is what the
    explanation says if this rule ends the stage.
    """

    rule: Rule
    guards: tuple[Matcher, ...]
    inexact: tuple[Matcher, ...]
    rest: Matcher
    alternatives: tuple[Literal, ...]
    settings: tuple[tuple[str, str], ...]
    asks_for_skills: bool
    stopped: Stopped | None

    def holds(self, view: View) -> bool:
        """Tell whether a rule matches that the index let through."""
        for guard in self.inexact:
            if not guard.holds(view):
                return False
        return self.rest.holds(view)

    def failed_guard(self, view: View) -> Literal | None:
        """Name the literal that keeps a rule from matching that the index says fails one guard.

        None if there are more. What all others leave is not asked: it may be dear.
        """
        if not self.alternatives:
            return self.only_lacking(view)
        for literal in self.alternatives[:-1]:
            if not literal.holds(view):
                return literal
        return self.alternatives[-1]

    def only_lacking(self, view: View) -> Literal | None:
        """Name the one literal that keeps the rule from matching, or None if there are more."""
        failing = [guard for guard in self.guards if not guard.holds(view)]
        if len(failing) > 1 or (failing and not self.rest.holds(view)):
            return None
        lacking = (failing[0] if failing else self.rest).lacking(view)
        return lacking[0] if len(lacking) == 1 else None


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
        self._near_misses = STAGES[stage].near_misses
        parts = [split_guards(rule.when) for rule in ordered]
        self._index = GuardIndex([guards for guards, _ in parts])
        self._rules = [
            _compiled(rule, guards, rest, ordered[n + 1 :])
            for n, (rule, (guards, rest)) in enumerate(zip(ordered, parts, strict=True))
        ]

    def __bool__(self) -> bool:
        return bool(self._rules)

    def run(self, view: View, *, in_full: bool = True) -> StageRun:
        """Ask the rules in order until one stops the stage.

        Not `in_full`, conditions are left out: why rules matched, and those that nearly did.
        """
        matched, near = self._ask(view, self._near_misses if in_full else 0)
        explained: StageExplained = {
            "stage": self._stage.value,
            "matched": [_matched(compiled, view, in_full=in_full) for compiled in matched],
            "stopped": matched[-1].stopped if matched else None,
            "near_misses": [_near_miss(compiled.rule, literal, view) for compiled, literal in near],
        }
        return StageRun(matched, explained)

    def _ask(
        self, view: View, room: int
    ) -> tuple[list[CompiledRule], list[tuple[CompiledRule, Literal]]]:
        """The rules that match, and the first that nearly do, as many as there is room for."""
        matched: list[CompiledRule] = []
        near: list[tuple[CompiledRule, Literal]] = []
        passing, one_failed = self._index.ask(view, nearly=room > 0)
        pending = passing | one_failed if room else passing
        while pending:
            bit = pending & -pending
            pending ^= bit
            compiled = self._rules[bit.bit_length() - 1]
            if bit & passing and compiled.holds(view):
                matched.append(compiled)
                if compiled.rule.stop:
                    break
            elif room:
                lacks = compiled.failed_guard if bit & one_failed else compiled.only_lacking
                if literal := lacks(view):
                    near.append((compiled, literal))
                    room -= 1
                if not room:  # from here on only what matches is of interest
                    pending &= passing
        return matched, near


def _compiled(rule: Rule, guards: tuple[Guard, ...], rest: All, later: list[Rule]) -> CompiledRule:
    return CompiledRule(
        rule=rule,
        guards=tuple(guard.matcher for guard in guards),
        inexact=tuple(guard.matcher for guard in guards if not guard.is_exact),
        rest=compile_condition(rest),
        alternatives=() if rest.parts else _alternatives(guards),
        settings=rule.then.settings(),
        asks_for_skills=bool(rule.then.skills or rule.then.preferred_skills),
        stopped=_stopped(rule, later) if rule.stop and later else None,
    )


def _alternatives(guards: tuple[Guard, ...]) -> tuple[Literal, ...]:
    by_cost = sorted(guards, key=lambda guard: guard.matcher.cost)
    literals = [guard.matcher.literal for guard in by_cost if guard.is_exact]
    known = [literal for literal in literals if literal is not None]
    return tuple(known) if len(known) == len(guards) else ()


def _stopped(by: Rule, later: list[Rule]) -> Stopped:
    return {
        "by": _name(by),
        "hidden": len(later),
        "first": [_name(rule) for rule in later[:MAX_SHOWN]],
    }


def _name(rule: Rule) -> RuleName:
    return {"id": rule.id, "name": rule.name}


def _matched(compiled: CompiledRule, view: View, *, in_full: bool) -> Matched:
    parts = (*compiled.guards, compiled.rest) if in_full else ()
    proof = [literal for part in parts for literal in part.proof(view)]
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
        "seen": lacking.seen(view),
    }
