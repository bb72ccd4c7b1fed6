"""Rule sets and their decisions: facts in, a decision that explains itself out."""

from collections.abc import Iterable, Mapping

from routing.conditions import fields_of
from routing.explanation import Explanation, QueueWinner, Winner
from routing.facts import HISTORY_PREFIX, SIGN, Facts, Stage
from routing.predicates import View
from routing.priority import Priority
from routing.progress import INHERITED, Progress
from routing.queues import Level, QueueRef
from routing.records import record
from routing.rules import Rule
from routing.stages import CompiledStage


@record
class Decision:
    """Where a conversation belongs and why; all of it is JSON as `orjson` or `json` writes it.

    `queue`, `sla`, `acknowledge` and `assignee` are ids of a queue, an SLA policy, a macro and an
    agent. `tags` are the conversation's together with those added, sorted; `skills` what the agent
    must have, sorted; `preferred_skills` what else is wanted, and for how many seconds it is
    insisted on (None: it is not). `notify` is what supervisors are told, sorted.
    """

    queue: str
    level: Level
    priority: Priority
    tags: tuple[str, ...]
    type: str | None
    language: str | None
    skills: tuple[str, ...]
    preferred_skills: Mapping[str, float | None]
    sla: str | None
    acknowledge: str | None
    assignee: str | None
    notify: tuple[str, ...]
    rule_set_version: int
    explanation: Explanation


class RuleSet:
    """One immutable version of the rules, compiled.

    The same facts always give the same decision, explanation included. `fields` are those that
    the rules test: facts that are dear to find out need not be known beside them; `history` are
    those of what the contact had before. `asked` are all facts that a decision depends on. `ids`
    are those of the rules.

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
        self.ids = tuple(rule.id for rule in rules)
        self.fields = frozenset(name for rule in rules for name in fields_of(rule.when))
        self.history = frozenset(name for name in self.fields if name.startswith(HISTORY_PREFIX))
        self.asked = self.fields | {*INHERITED, "tags"}
        self._queues = dict(queues)
        self._default_queue = default_queue
        compiled = {stage: CompiledStage(stage, rules) for stage in Stage}
        self._stages = {stage: each for stage, each in compiled.items() if each}

    def decide(
        self, facts: Facts, *, fallback_queue: str | None = None, in_full: bool = True
    ) -> Decision:
        """Route one message; or, where a clock tells a `sign`, say what follows from that.

        `fallback_queue` is where it goes if no rule names a queue: the previous queue of a
        reopened conversation. Without it, or where that queue is gone, the default queue takes it.
        Not `in_full`, the explanation names rules without their conditions, at half the cost.
        """
        if SIGN in facts.known:
            return self._decide_sign(facts, fallback_queue, in_full=in_full)
        view, so_far = View(facts.known), Progress.of(facts, in_full=in_full)
        self._run(Stage.CLASSIFY, view, so_far)
        so_far.tell(view)
        self._run(Stage.ROUTE, view, so_far)
        queue, why = self._queue(so_far.winners.pop("queue", None), fallback_queue)
        if Stage.RESPOND in self._stages:
            so_far.tell(view, queue)
            self._run(Stage.RESPOND, view, so_far)
        return self._decision(so_far, view, queue, why)

    def _decide_sign(self, facts: Facts, fallback_queue: str | None, *, in_full: bool) -> Decision:
        view = self.view_of(Stage.CLOCK, facts, fallback_queue=fallback_queue)
        so_far = Progress.of(facts, in_full=in_full)
        self._run(Stage.CLOCK, view, so_far)
        queue, why = self._queue(so_far.winners.pop("queue", None), view["queue"])
        return self._decision(so_far, view, queue, why)

    @property
    def acts_on_clocks(self) -> bool:
        return Stage.CLOCK in self._stages

    def view_of(self, stage: Stage, facts: Facts, *, fallback_queue: str | None = None) -> View:
        """The facts as the rules of a stage of `decide` see them."""
        view, so_far = View(facts.known), Progress.of(facts)
        if stage is Stage.CLOCK:
            held = facts.known.get("queue")
            queue, _ = self._queue(None, held if isinstance(held, str) else fallback_queue)
            so_far.tell(view, queue)
            return view
        if stage is not Stage.CLASSIFY:
            self._run(Stage.CLASSIFY, view, so_far)
            so_far.tell(view)
        if stage is Stage.RESPOND:
            self._run(Stage.ROUTE, view, so_far)
            queue, _ = self._queue(so_far.winners.pop("queue", None), fallback_queue)
            so_far.tell(view, queue)
        return view

    def _run(self, stage: Stage, view: View, so_far: Progress) -> None:
        if stage in self._stages:
            so_far.learn(self._stages[stage].run(view, in_full=so_far.in_full))

    def _queue(self, winner: Winner | None, fallback: str | None) -> tuple[QueueRef, QueueWinner]:
        if winner is None and fallback in self._queues:
            winner = {"value": fallback, "by": "previous_queue"}
        winner = winner or {"value": self._default_queue, "by": "default"}
        queue = self._queues[winner["value"]]
        return queue, {**winner, "name": queue.name, "level": queue.level}

    def _decision(self, made: Progress, view: View, queue: QueueRef, why: QueueWinner) -> Decision:
        winners = made.winners
        return Decision(
            queue=queue.id,
            level=queue.level,
            priority=Priority(winners["priority"]["value"]),
            tags=tuple(sorted(made.tags.keys() | (view["tags"] or ()))),
            type=made.value("type"),
            language=made.value("language"),
            skills=tuple(sorted(made.skills)),
            preferred_skills={
                skill: each["relax_after"] for skill, each in sorted(made.preferred.items())
            },
            sla=made.value("sla"),
            acknowledge=made.value("acknowledge"),
            assignee=made.value("assignee"),
            notify=tuple(sorted(made.notices)),
            rule_set_version=self.version,
            explanation=made.explanation(self.version, why),
        )


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
