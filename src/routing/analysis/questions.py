"""Questions about rules, answered by proof or by a message that the engine confirms.

A question is first asked of the rules in question alone. If the solver finds a message, the engine
decides it; whatever kept the rules from what was asked (an earlier rule that stopped the stage or
set the same, a value that classify changed) is learnt, and the question asked again.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from routing.analysis.book import RuleBook, Run
from routing.analysis.encoding import Encoding
from routing.analysis.formula import Formula, TooLargeError
from routing.conditions import Condition
from routing.rules import Rule

MAX_ROUNDS: Final = 200
SINGLES_TRIED: Final = 20

Obstacles = Callable[[Run], Collection[Rule]]
"""The rules that kept a message from what is asked for; none if it is what was asked for."""


@dataclass(frozen=True, slots=True)
class Shown:
    """There is such a message: the engine has decided it."""

    run: Run


@dataclass(frozen=True, slots=True)
class Refuted:
    """There can be none, because one of `by` matches whenever the rules in question do.

    `sample` is a message where that was so; without `by` the condition itself cannot hold.
    """

    by: tuple[Rule, ...] = ()
    sample: Run | None = None


@dataclass(frozen=True, slots=True)
class Unsettled:
    """Neither was found within the budget."""

    reason: str


Answer = Shown | Refuted | Unsettled


@dataclass(slots=True)
class Question:
    """Whether there is a message on which all of `rules` hold and nothing is in the way."""

    book: RuleBook
    rules: tuple[Rule, ...]
    obstacles: Obstacles
    _encoding: Encoding = field(init=False)
    _formula: Formula = field(init=False)
    _absent: dict[int, Rule] = field(init=False, default_factory=dict)
    _sample: Run | None = field(init=False, default=None)

    def answer(self) -> Answer:
        try:
            with Formula(self.book.budget) as self._formula:
                self._encoding = Encoding(self.book, self._formula)
                return self._search()
        except TooLargeError:
            return Unsettled("too many rules have a say in it")

    def _search(self) -> Answer:
        wanted = [self._encoding.matches(rule) for rule in self.rules]
        for _ in range(MAX_ROUNDS):
            self._encoding.follow()
            found = self._formula.solve([*wanted, *self._absent])
            if found is None:
                return Unsettled("the conditions are too entangled")
            if not found:
                return Refuted(self._culprits(wanted), self._sample)
            run, learnt = self._try_out()
            if run is not None:
                return Shown(run)
            if not learnt and not self._encoding.tie_all():
                return Unsettled("no message could be made that the rules match")
        return Unsettled("too many other rules are in the way")

    def _try_out(self) -> tuple[Run | None, bool]:
        """Let the engine decide a message: return it if it fits, and whether rules are learnt."""
        for run in messages(self.book, self._encoding, self._formula):
            if not all(run.holds(rule) for rule in self.rules):
                continue
            in_the_way = self.obstacles(run)
            if not in_the_way:
                return run, False
            self._sample = run
            if self._learn(in_the_way):
                return None, True
        return None, False

    def _learn(self, rules: Collection[Rule]) -> bool:
        before = len(self._absent)
        for rule in rules:
            self._absent.setdefault(self._absence(rule), rule)
        return len(self._absent) > before

    def _absence(self, rule: Rule) -> int:
        is_of_before = rule.stage is not self.rules[-1].stage
        return -(self._encoding.effective if is_of_before else self._encoding.matches)(rule)

    def _culprits(self, wanted: list[int]) -> tuple[Rule, ...]:
        """Find few rules without which there would be such a message: one, if one suffices."""
        core = [literal for literal in self._formula.core() if literal in self._absent]
        for rule in self._in_order(self._absent.values())[:SINGLES_TRIED] if core else ():
            if self._formula.solve([*wanted, self._absence(rule)]) is False:
                return (rule,)
        needed = _few(self._formula, core, wanted)
        return tuple(self._in_order(self._absent[literal] for literal in needed))

    def _in_order(self, rules: Iterable[Rule]) -> list[Rule]:
        return sorted(rules, key=lambda rule: (rule.stage.rank, self.book.position[rule.id]))


def messages(book: RuleBook, encoding: Encoding, formula: Formula) -> Iterator[Run]:
    """Let the engine decide one or two messages that the model stands for."""
    model = formula.model()
    plain = encoding.facts(model, plain=True)
    if plain is not None:
        yield Run(book, plain)
    spaced = encoding.facts(model, plain=False)
    if spaced is not None and spaced != plain:
        yield Run(book, spaced)


def always_holds(book: RuleBook, rule: Rule) -> bool | None:
    """Whether a condition holds whatever is known; None if that could not be settled."""
    try:
        with Formula(book.budget) as formula:
            return _has_no_exception(book, rule, formula)
    except TooLargeError:
        return None


def _has_no_exception(book: RuleBook, rule: Rule, formula: Formula) -> bool | None:
    encoding = Encoding(book, formula)
    fails = -encoding.matches(rule)
    while True:
        encoding.follow()
        found = formula.solve([fails])
        if not found:
            return None if found is None else True
        if not all(run.holds(rule) for run in messages(book, encoding, formula)):
            return False
        if not encoding.tie_all():
            return None


def clashing_parts(book: RuleBook, rule: Rule, parts: Mapping[str, Condition]) -> list[str]:
    """Name few parts of a condition, by their pointers, that cannot hold together."""
    try:
        with Formula(book.budget) as formula:
            encoding = Encoding(book, formula)
            literals = {encoding.condition(part, rule.stage): at for at, part in parts.items()}
            if formula.solve(literals) is not False:
                return []
            return sorted(literals[literal] for literal in _few(formula, formula.core()))
    except TooLargeError:
        return []


def _few(formula: Formula, core: list[int], wanted: Collection[int] = ()) -> list[int]:
    """Leave out of a core what it does not need."""
    for literal in tuple(core):
        fewer = [other for other in core if other != literal]
        if formula.solve([*wanted, *fewer]) is False:
            core = fewer
    return core
