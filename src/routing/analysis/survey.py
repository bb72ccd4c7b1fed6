"""The analysis: which questions are asked about which rule, and what is made of the answers."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial, reduce
from operator import and_
from typing import Final

from routing.analysis import sentences
from routing.analysis.book import RuleBook, Run, claims, outputs
from routing.analysis.findings import Analysis, Finding, Kind
from routing.analysis.normal_form import normal_form
from routing.analysis.overlap import Rivals
from routing.analysis.questions import (
    Answer,
    Obstacles,
    Question,
    Refuted,
    Shown,
    Unsettled,
    always_holds,
    clashing_parts,
)
from routing.analysis.witnesses import shortened
from routing.conditions import All, Condition
from routing.facts import SIGN, Facts, Stage
from routing.queues import QueueRef
from routing.rules import Rule

MAX_CONFLICTS: Final = 3
"""So many conflicts of a rule are listed."""
MAX_RIVALS: Final = 100
"""So many rules that may conflict with one are looked at."""


def analyse(rules: Iterable[Rule], queues: Mapping[str, QueueRef], default_queue: str) -> Analysis:
    """Analyse a whole rule set.

    What is found is proved, or shown by a message that the engine has decided; what could not be
    settled is reported as unknown. The same rules give the same findings.

    Raises:
        ValueError: as `RuleSet` does.

    """
    survey = _Survey(RuleBook(rules, queues, default_queue))
    findings = [found for stage in Stage for found in survey.stage(stage)]
    return Analysis(tuple(findings), tuple(survey.more_conflicts))


@dataclass(slots=True)
class _Survey:
    book: RuleBook
    more_conflicts: list[str] = field(default_factory=list)
    _alike: dict[object, Rule] = field(default_factory=dict)
    _runs: list[Run] = field(default_factory=list)
    _reaching: dict[str, int] = field(default_factory=dict)

    def stage(self, stage: Stage) -> Iterator[Finding]:
        rivals = Rivals()
        self._alike.clear()
        for rule in self.book.stages[stage]:
            reached = self._reaches(rule)
            candidates = rivals.add(rule)
            if isinstance(reached, Shown):
                useless = self._useless(rule, reached.run)
                yield from useless
                yield from self._always(rule)
                yield from self._duplicate(rule)
                if not any(found.kind is Kind.SHADOWED for found in useless):
                    yield from self._conflicts(rule, candidates)
            elif isinstance(reached, Refuted):
                yield self._unreached(rule, reached)
            else:
                yield unknown(rule, Kind.NEVER, reached.reason)

    def _ask(self, rule: Rule, obstacles: Obstacles, *others: Rule) -> Answer:
        return Question(self.book, (*others, rule), obstacles).answer()

    def _unreached(self, rule: Rule, refuted: Refuted) -> Finding:
        if refuted.sample is None:
            parts = parts_of(rule.when)
            pointers = tuple(clashing_parts(self.book, rule, parts))
            told = sentences.never(rule, [parts[pointer] for pointer in pointers])
            return Finding(Kind.NEVER, rule, told, pointers or ("/when",))
        told = sentences.unreachable(rule, refuted.by)
        witness = self._stopped_by(rule, refuted.by, refuted.sample)
        return Finding(Kind.UNREACHABLE, rule, told, others=refuted.by, witness=witness)

    def _stopped_by(self, rule: Rule, by: Collection[Rule], sample: Run) -> Facts | None:
        """Find a message on which one of the rules itself stops the stage, not an earlier one."""
        for other in by:
            answer = self._ask(rule, partial(before, rule=rule, stop=other), other)
            if isinstance(answer, Shown):
                sample = answer.run
                break
        return shortened(sample, partial(is_stopped, rule=rule, by=by))

    def _useless(self, rule: Rule, reached: Run) -> list[Finding]:
        """Report a rule that matches, and yet changes nothing: others have set it all."""
        wanted = outputs(rule)
        has_effect = any(reached.wins(rule, output) for output in wanted)
        if has_effect or not wanted or (rule.stop and not self.book.is_last(rule)):
            return []
        by: dict[str, Rule] = {}
        for output in wanted:
            answer = self._ask(rule, partial(in_front, rule=rule, output=output))
            if isinstance(answer, Shown):
                return []
            if isinstance(answer, Unsettled):
                return [unknown(rule, Kind.SHADOWED, answer.reason)]
            by |= {other.id: other for other in answer.by}
        return [self._shadowed(rule, tuple(by.values()), reached)]

    def _shadowed(self, rule: Rule, by: tuple[Rule, ...], sample: Run) -> Finding:
        wanted = outputs(rule)

        def is_taken(run: Run) -> bool:
            won = any(run.wins(rule, output) for output in wanted)
            return run.reaches(rule) and not won and any(run.reaches(other) for other in by)

        return Finding(
            Kind.SHADOWED,
            rule,
            sentences.shadowed(rule, by),
            ("/when", "/then"),
            others=by,
            fields=tuple(dict.fromkeys(name for name, _ in wanted)),
            witness=shortened(sample, is_taken),
        )

    def _always(self, rule: Rule) -> Iterator[Finding]:
        nothing = Run(self.book, Facts({SIGN: "warning"} if rule.stage is Stage.CLOCK else {}))
        if not nothing.holds(rule):
            return
        holds = always_holds(self.book, rule)
        if holds:
            yield Finding(Kind.ALWAYS, rule, sentences.always(rule), witness=nothing.facts)
        elif holds is None:
            yield unknown(rule, Kind.ALWAYS, "there may be a message on which it does not hold")

    def _duplicate(self, rule: Rule) -> Iterator[Finding]:
        former = self._alike.setdefault(normal_form(rule.when), rule)
        if former is rule:
            return
        both = self._reaches(rule, former)
        if isinstance(both, Shown):
            witness = shortened(both.run, lambda run: run.reaches(former) and run.reaches(rule))
            told = sentences.duplicate(rule, former)
            yield Finding(Kind.DUPLICATE, rule, told, others=(former,), witness=witness)

    def _conflicts(self, rule: Rule, candidates: Iterator[Rule]) -> Iterator[Finding]:
        found = 0
        for looked_at, other in enumerate(candidates):
            if found == MAX_CONFLICTS:
                self.more_conflicts.append(rule.id)
                return
            if looked_at == MAX_RIVALS:
                yield unknown(rule, Kind.CONFLICT, "too many earlier rules may set the same")
                return
            answer = self._reaches(rule, other)
            if isinstance(answer, Shown):
                found += 1
                yield self._conflict(rule, other, answer.run)
            elif isinstance(answer, Unsettled):
                yield unknown(rule, Kind.CONFLICT, answer.reason, other)

    def _reaches(self, rule: Rule, *others: Rule) -> Answer:
        """Ask for a message on which all of the rules match, unless one is known already."""
        known = reduce(and_, (self._reaching.get(each.id, 0) for each in (rule, *others)))
        if known:
            return Shown(self._runs[(known & -known).bit_length() - 1])
        answer = self._ask(rule, partial(stopped, rule=rule), *others)
        if isinstance(answer, Shown):
            bit = 1 << len(self._runs)
            self._runs.append(answer.run)
            for matched in answer.run.matched[rule.stage]:
                self._reaching[matched.id] = self._reaching.get(matched.id, 0) | bit
        return answer

    def _conflict(self, rule: Rule, other: Rule, run: Run) -> Finding:
        theirs, own = claims(other), claims(rule)
        clashing = (name for name in own if theirs.get(name, own[name]) != own[name])
        fields = tuple(dict.fromkeys(name.partition("/")[0] for name in clashing))
        return Finding(
            Kind.CONFLICT,
            rule,
            sentences.conflict(rule, other, fields),
            tuple(f"/then/{name}" for name in fields),
            others=(other,),
            fields=fields,
            witness=shortened(run, lambda run: run.reaches(rule) and run.reaches(other)),
        )


def stopped(run: Run, rule: Rule) -> Collection[Rule]:
    """The rule that keeps this one from being asked."""
    stop = run.stopped_before(rule)
    return () if stop is None else (stop,)


def in_front(run: Run, rule: Rule, output: tuple[str, str]) -> Collection[Rule]:
    """The rules that keep this one from setting an output."""
    return stopped(run, rule) or run.set_before(rule, output)


def before(run: Run, rule: Rule, stop: Rule) -> Collection[Rule]:
    """The rule that stops the stage before `stop` can."""
    return [found for found in stopped(run, rule) if found is not stop]


def is_stopped(run: Run, rule: Rule, by: Collection[Rule]) -> bool:
    """Whether one of the rules hides this one; an earlier stop may be quicker than all of them."""
    return run.holds(rule) and run.stopped_before(rule) is not None and any(map(run.holds, by))


def parts_of(condition: Condition) -> dict[str, Condition]:
    """The parts that all have to hold, by pointers from the rule."""
    if not isinstance(condition, All) or not condition.parts:
        return {"/when": condition}
    return {f"/when/all/{n}": part for n, part in enumerate(condition.parts)}


def unknown(rule: Rule, question: Kind, reason: str, *others: Rule) -> Finding:
    told = sentences.unknown(rule, question, reason, others)
    return Finding(Kind.UNKNOWN, rule, told, others=others, question=question)
