"""The rules under analysis in the order in which they run, and what the engine makes of facts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from routing.analysis.formula import Budget
from routing.conditions import fields_of
from routing.engine import Decision, RuleSet
from routing.explanation import Winner
from routing.facts import Facts, Stage
from routing.matching import compile_condition
from routing.predicates import Predicate, View
from routing.queues import QueueRef
from routing.rules import Rule

TAGS: Final = "tags"
SEVERAL: Final = (TAGS, "skills", "preferred_skills", "notify")
"""Outputs that add up, as explanations name them."""


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
        self.queues = dict(queues)
        self.default_queue = default_queue
        self.stages: dict[Stage, list[Rule]] = {
            stage: sorted(
                (rule for rule in rules if rule.stage is stage), key=lambda r: (r.order, r.id)
            )
            for stage in Stage
        }
        self.budget = Budget()
        self.by_id = {rule.id: rule for rule in rules}
        self.position = {
            rule.id: n for stage in self.stages.values() for n, rule in enumerate(stage)
        }
        self._conditions: dict[str, Predicate] = {}

    @cached_property
    def setters(self) -> dict[tuple[Stage, str], list[Rule]]:
        """By stage and output the rules that set it, in their order."""
        found: dict[tuple[Stage, str], list[Rule]] = {}
        for stage, rules in self.stages.items():
            for rule in rules:
                for name in sorted({name for name, _ in outputs(rule)}):
                    found.setdefault((stage, name), []).append(rule)
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

    @cached_property
    def asks_for_priority(self) -> bool:
        """Whether a rule of route tests what classify made of the priority."""
        return any("priority" in fields_of(rule.when) for rule in self.stages[Stage.ROUTE])

    def is_last(self, rule: Rule) -> bool:
        return self.position[rule.id] + 1 == len(self.stages[rule.stage])

    def decide(self, facts: Facts) -> Decision:
        return self._engine.decide(facts, fallback_queue=_previous_queue(facts))

    def view(self, stage: Stage, facts: Facts) -> View:
        """The facts as the rules of a stage see them."""
        return self._engine.view_of(stage, facts, fallback_queue=_previous_queue(facts))

    def matched(self, decision: Decision, stage: Stage) -> list[Rule]:
        """The rules that the engine says to have matched, in their order."""
        explained = decision.explanation["stages"]
        return [
            self.by_id[each["id"]]
            for one in explained
            if one["stage"] == stage
            for each in one["matched"]
        ]


def _previous_queue(facts: Facts) -> str | None:
    previous = facts.get("previous_queue")
    return previous if isinstance(previous, str) else None


def outputs(rule: Rule) -> list[tuple[str, str]]:
    """What a rule sets, each tag, skill and notice by itself: outputs with their values."""
    then = rule.then
    several = {
        TAGS: then.add_tags,
        "skills": then.skills,
        "notify": then.notify,
        "preferred_skills": tuple(each.skill for each in then.preferred_skills),
    }
    added = [(name, value) for name, values in several.items() for value in values]
    return [*then.settings(), *added]


def claims(rule: Rule) -> dict[str, str]:
    """What rules may want otherwise: outcomes of one value, and how long a skill is preferred."""
    preferred = {
        f"preferred_skills/{each.skill}": str(each.relax_after)
        for each in rule.then.preferred_skills
    }
    return dict(rule.then.settings()) | preferred


@dataclass(frozen=True)
class Run:
    """What the engine makes of a message; it is asked when that is needed."""

    book: RuleBook
    facts: Facts

    @cached_property
    def decision(self) -> Decision:
        return self.book.decide(self.facts)

    @cached_property
    def matched(self) -> dict[Stage, list[Rule]]:
        """The rules that match, in their order."""
        return {stage: self.book.matched(self.decision, stage) for stage in Stage}

    @cached_property
    def _reached(self) -> frozenset[str]:
        return frozenset(rule.id for rules in self.matched.values() for rule in rules)

    @cached_property
    def _views(self) -> dict[Stage, View]:
        return {}

    def holds(self, rule: Rule) -> bool:
        """Whether the condition holds, be the rule asked or not."""
        if rule.stage not in self._views:
            self._views[rule.stage] = self.book.view(rule.stage, self.facts)
        return self.book.condition(rule)(self._views[rule.stage])

    def reaches(self, rule: Rule) -> bool:
        """Whether the engine says that the rule has matched."""
        return self.holds(rule) and rule.id in self._reached

    def stopped_before(self, rule: Rule) -> Rule | None:
        """The rule that ended the stage before this one was asked."""
        matched = self.matched[rule.stage]
        last = matched[-1] if matched and matched[-1].stop else None
        if last is None or self.book.position[last.id] >= self.book.position[rule.id]:
            return None
        return last

    def set_before(self, rule: Rule, output: tuple[str, str]) -> list[Rule]:
        """The rules that matched and take the output from this one: earlier ones of its stage.

        Tags are taken by those that add the same one, in whichever stage, and a priority of
        classify by what route sets, unless route itself asks for it.
        """
        name = output[0]
        position = self.book.position[rule.id]
        rivals = [r for r in self.matched[rule.stage] if self.book.position[r.id] < position]
        if name == TAGS:
            before = [stage for stage in Stage if stage.rank < rule.stage.rank]
            rivals = [*(r for stage in before for r in self.matched[stage]), *rivals]
        if name in SEVERAL:
            return [rival for rival in rivals if output in outputs(rival)]
        if rule.stage is Stage.CLASSIFY and not self.book.asks_for_priority:
            rivals = [*rivals, *self.matched[Stage.ROUTE]]
        return [rival for rival in rivals if name in dict(rival.then.settings())]

    def wins(self, rule: Rule, output: tuple[str, str]) -> bool:
        """Whether the engine names the rule as the source of an output."""
        name, value = output
        explanation = self.decision.explanation
        if name in SEVERAL:
            sources: Iterable[Winner] = explanation.get(name, ())  # type: ignore[assignment]
            return any(each["value"] == value and each.get("rule") == rule.id for each in sources)
        winner = explanation["queue"] if name == "queue" else explanation["winners"].get(name)
        return winner is not None and winner.get("rule") == rule.id
