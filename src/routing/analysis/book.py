"""The rules under analysis in the order in which they run, and what the engine makes of facts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from routing.engine import Decision, QueueRef, RuleSet
from routing.facts import Facts, Stage
from routing.matching import compile_condition
from routing.predicates import Predicate, View
from routing.priority import Priority
from routing.rules import Rule

TAGS: Final = "tags"


class RuleBook:
    """A rule set, with its engine and lookups.

    Raises:
        ValueError: as `RuleSet` does.

    """

    def __init__(
        self, rules: Iterable[Rule], queues: Mapping[str, QueueRef], default_queue: str
    ) -> None:
        rules = tuple(rules)
        self._engine = RuleSet(0, rules, queues, default_queue)
        self.stages: dict[Stage, list[Rule]] = {
            stage: sorted(
                (rule for rule in rules if rule.stage is stage), key=lambda r: (r.order, r.id)
            )
            for stage in Stage
        }
        self.by_id = {rule.id: rule for rule in rules}
        self.position = {
            rule.id: n for stage in self.stages.values() for n, rule in enumerate(stage)
        }
        self._conditions: dict[str, Predicate] = {}

    @cached_property
    def setters(self) -> dict[str, list[Rule]]:
        """By field the rules of stage classify that set it, in their order."""
        found: dict[str, list[Rule]] = {}
        for rule in self.stages[Stage.CLASSIFY]:
            for name in sorted({name for name, _ in outputs(rule)}):
                found.setdefault(name, []).append(rule)
        return found

    @cached_property
    def stops(self) -> dict[Stage, list[Rule]]:
        return {stage: [r for r in rules if r.stop] for stage, rules in self.stages.items()}

    def condition(self, rule: Rule) -> Predicate:
        """The rule's condition as the engine compiles it."""
        if rule.id not in self._conditions:
            self._conditions[rule.id] = compile_condition(rule.when).holds
        return self._conditions[rule.id]

    def earlier(self, rule: Rule) -> list[Rule]:
        """The rules that its stage asks before it."""
        return self.stages[rule.stage][: self.position[rule.id]]

    def is_last(self, rule: Rule) -> bool:
        return self.position[rule.id] + 1 == len(self.stages[rule.stage])

    def run(self, facts: Facts) -> "Run":
        return Run(self, facts, self._engine.decide(facts))


def outputs(rule: Rule) -> list[tuple[str, str]]:
    """What a rule sets, each tag by itself: fields with their values."""
    return [*rule.then.settings(), *((TAGS, tag) for tag in rule.then.add_tags)]


@dataclass(frozen=True)
class Run:
    """What the engine decided about a message."""

    book: RuleBook
    facts: Facts
    decision: Decision

    @cached_property
    def matched(self) -> dict[Stage, list[Rule]]:
        """The rules that the engine says to have matched, in their order."""
        stages = self.decision.explanation["stages"]
        return {
            Stage(stage["stage"]): [self.book.by_id[each["id"]] for each in stage["matched"]]
            for stage in stages
        }

    @cached_property
    def _views(self) -> dict[Stage, View]:
        return {Stage.CLASSIFY: View(self.facts.known), Stage.ROUTE: View(self._classified())}

    def _classified(self) -> dict[str, Any]:
        """The facts as stage route sees them."""
        known: dict[str, Any] = {"priority": Priority.NORMAL} | dict(self.facts.known)
        for rule in reversed(self.matched[Stage.CLASSIFY]):
            known |= dict(rule.then.settings())
        known["priority"] = Priority(known["priority"])
        added = {tag for rule in self.matched[Stage.CLASSIFY] for tag in rule.then.add_tags}
        if added:
            known[TAGS] = frozenset(known.get(TAGS, ())) | added
        return known

    def holds(self, rule: Rule) -> bool:
        """Whether the condition holds, be the rule asked or not."""
        return self.book.condition(rule)(self._views[rule.stage])

    def reaches(self, rule: Rule) -> bool:
        return rule in self.matched[rule.stage]

    def stopped_before(self, rule: Rule) -> Rule | None:
        """The rule that ended the stage before this one was asked."""
        matched = self.matched[rule.stage]
        last = matched[-1] if matched and matched[-1].stop else None
        if last is None or self.book.position[last.id] >= self.book.position[rule.id]:
            return None
        return last

    def set_before(self, rule: Rule, output: tuple[str, str]) -> list[Rule]:
        """The rules that matched before this one and take the output from it.

        Tags are taken by those that add the same one, in whichever stage.
        """
        position = self.book.position[rule.id]
        rivals = [r for r in self.matched[rule.stage] if self.book.position[r.id] < position]
        if output[0] == TAGS:
            if rule.stage is Stage.ROUTE:
                rivals = [*self.matched[Stage.CLASSIFY], *rivals]
            return [rival for rival in rivals if output[1] in rival.then.add_tags]
        return [rival for rival in rivals if output[0] in dict(rival.then.settings())]

    def wins(self, rule: Rule, output: tuple[str, str]) -> bool:
        """Whether the engine names the rule as the source of an output."""
        name, value = output
        explanation = self.decision.explanation
        if name == TAGS:
            return any(
                tag["value"] == value and tag.get("rule") == rule.id for tag in explanation["tags"]
            )
        winner = explanation["queue"] if name == "queue" else explanation["winners"].get(name)
        return winner is not None and winner.get("rule") == rule.id
