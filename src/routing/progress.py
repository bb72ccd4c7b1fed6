"""What the stages of one decision have made of a message so far."""

from dataclasses import dataclass, field
from typing import Final

from routing.explanation import Explanation, PreferredWinner, QueueWinner, StageExplained, Winner
from routing.facts import Facts
from routing.predicates import View
from routing.priority import Priority
from routing.queues import QueueRef
from routing.stages import CompiledRule, StageRun

INHERITED: Final = ("priority", "type", "language", "sla")
"""Facts that are outcomes unless a rule says otherwise."""


@dataclass(slots=True)
class Progress:
    """Outcomes with their sources: of one value by name, of several each by itself.

    `in_full`: whether the explanation tells conditions.
    """

    in_full: bool
    winners: dict[str, Winner]
    tags: dict[str, Winner] = field(default_factory=dict)
    skills: dict[str, Winner] = field(default_factory=dict)
    preferred: dict[str, PreferredWinner] = field(default_factory=dict)
    notices: dict[str, Winner] = field(default_factory=dict)
    stages: list[StageExplained] = field(default_factory=list)

    @classmethod
    def of(cls, facts: Facts, *, in_full: bool = True) -> "Progress":
        """What holds unless a rule says otherwise."""
        inherited: dict[str, Winner] = {"priority": {"value": "normal", "by": "default"}}
        for name in INHERITED:
            if (value := facts.known.get(name)) is not None:
                inherited[name] = {"value": str(value), "by": "facts"}
        return cls(in_full, inherited)

    def learn(self, run: StageRun) -> None:
        """Add what the rules of a stage have set: a later stage goes before an earlier one."""
        self.stages.append(run.explained)
        winners: dict[str, Winner] = {}
        for compiled in run.matched:
            rule = compiled.rule
            for name, value in compiled.settings:
                if name not in winners:
                    winners[name] = {"value": value, "by": "rule", "rule": rule.id}
            for tag in rule.then.add_tags:
                if tag not in self.tags:
                    self.tags[tag] = {"value": tag, "by": "rule", "rule": rule.id}
            for notice in rule.then.notify:
                self.notices.setdefault(notice, {"value": notice, "by": "rule", "rule": rule.id})
            if compiled.asks_for_skills:
                self._learn_skills(compiled)
        self.winners |= winners

    def _learn_skills(self, compiled: CompiledRule) -> None:
        rule = compiled.rule
        for skill in rule.then.skills:
            self.skills.setdefault(skill, {"value": skill, "by": "rule", "rule": rule.id})
        for wanted in rule.then.preferred_skills:
            preferred: PreferredWinner = {
                "value": wanted.skill,
                "by": "rule",
                "rule": rule.id,
                "relax_after": wanted.relax_after,
            }
            self.preferred.setdefault(wanted.skill, preferred)

    def tell(self, view: View, queue: QueueRef | None = None) -> None:
        """Add what has been decided to what later stages see; the queue once it is chosen."""
        view["priority"] = Priority(self.winners["priority"]["value"])
        view["type"] = self.value("type")
        view["language"] = self.value("language")
        if self.tags:
            view["tags"] = frozenset(self.tags) | (view["tags"] or frozenset())
        if queue is not None:
            view["queue"], view["level"] = queue.id, queue.level
            view["sla"] = self.value("sla")

    def value(self, name: str) -> str | None:
        winner = self.winners.get(name)
        return winner and winner["value"]

    def explanation(self, version: int, queue: QueueWinner) -> Explanation:
        made: Explanation = {
            "rule_set_version": version,
            "stages": self.stages,
            "queue": queue,
            "winners": self.winners,
            "tags": list(self.tags.values()),
        }
        if self.skills:
            made["skills"] = list(self.skills.values())
        if self.preferred:
            made["preferred_skills"] = list(self.preferred.values())
        if self.notices:
            made["notify"] = list(self.notices.values())
        return made
