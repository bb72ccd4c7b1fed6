"""Rules as formulas over the atoms of fields, as each stage sees them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final

from routing.analysis.atoms import Atoms, Choice, Model, Ordered, Tags
from routing.analysis.book import TAGS, RuleBook
from routing.analysis.formula import Formula
from routing.analysis.texts import Text
from routing.conditions import All, AnyOf, Condition, Leaf, Not
from routing.facts import FIELDS, SIGN, Facts, FactValue, Field, FieldType, Stage
from routing.operators import Op
from routing.predicates import View, predicate
from routing.priority import Priority
from routing.readings import kept
from routing.rules import Rule

STAGE_BEFORE: Final = {Stage.ROUTE: Stage.CLASSIFY, Stage.RESPOND: Stage.ROUTE}
"""The stages that see the outcomes of another, and that one."""


class Encoding:
    """The rules that one question is about.

    A field that a stage may change has other atoms in the stages after it. They are free of each
    other, which is more than can be, until `tie_all` says how the one follows from the other.
    """

    def __init__(self, book: RuleBook, formula: Formula) -> None:
        self._book = book
        self._formula = formula
        self._atoms: dict[tuple[Stage, str], Atoms] = {}
        self._readings: dict[str, str] = {}
        self._rules: dict[str, int] = {}
        self._effective: dict[str, int] = {}
        self._ties: dict[tuple[Stage, str], _Tie | _TagTie | _QueueTie] = {}

    def matches(self, rule: Rule) -> int:
        """Return a literal that is true where the rule's condition holds."""
        if rule.id not in self._rules:
            if rule.stage is Stage.CLOCK:
                self.atoms(FIELDS[SIGN], rule.stage)
            self._rules[rule.id] = self.condition(rule.when, rule.stage)
        return self._rules[rule.id]

    def effective(self, rule: Rule) -> int:
        """Return a literal that is true where the rule matches and no earlier one stops."""
        if rule.id not in self._effective:
            position = self._book.position
            stops = [
                self.matches(stop)
                for stop in self._book.stops[rule.stage]
                if position[stop.id] < position[rule.id]
            ]
            unstopped = [-stop for stop in stops]
            self._effective[rule.id] = self._formula.every([self.matches(rule), *unstopped])
        return self._effective[rule.id]

    def condition(self, condition: Condition, stage: Stage, *, negated: bool = False) -> int:
        """Return a literal that is true where a condition, or its negation, is known to hold."""
        match condition:
            case Not(part):
                return self.condition(part, stage, negated=not negated)
            case All(parts) | AnyOf(parts):
                each = [self.condition(part, stage, negated=negated) for part in parts]
                needs_all = isinstance(condition, All) != negated
                return self._formula.every(each) if needs_all else self._formula.some(each)
            case Leaf():
                return self._leaf(condition, stage, negated=negated)

    def _leaf(self, leaf: Leaf, stage: Stage, *, negated: bool) -> int:
        if leaf.field.name == "level":
            return self._level(leaf, stage, negated=negated)
        atoms = self.atoms(leaf.field, stage)
        if leaf.op is Op.IS_MISSING:
            return atoms.known if negated else -atoms.known
        holds = atoms.holds(leaf)
        return self._formula.every([atoms.known, -holds]) if negated else holds

    def _level(self, leaf: Leaf, stage: Stage, *, negated: bool) -> int:
        """A test of the level as one of the queue, which is always known."""
        test = predicate(leaf, negated=negated)
        fitting = [id_ for id_, q in self._book.queues.items() if test(View(level=q.level))]
        queue = self.atoms(FIELDS["queue"], stage)
        one_of = Leaf(FIELDS["queue"], Op.ONE_OF, tuple(fitting))
        return queue.holds(one_of) if fitting else -self._formula.true

    def atoms(self, field: Field, stage: Stage) -> Atoms:
        """Return the variables of a field as a stage sees it."""
        at = self._as_seen(field.key, stage)
        if at not in self._atoms:
            self._atoms[at] = _SORTS.get(field.type, Choice)(self._formula, field)
            if at in _ALWAYS_KNOWN:
                self._formula.add(self._atoms[at].known)
            if field.key != field.name:
                self._read(field, self._atoms[at], stage)
            if at == (Stage.CLOCK, "queue"):
                there = Leaf(field, Op.ONE_OF, tuple(self._book.queues))
                self._formula.add(self._atoms[at].holds(there))
        return self._atoms[at]

    def _read(self, field: Field, atoms: Atoms, stage: Stage) -> None:
        """A reading is known only where the text is. What it says is left free of the text."""
        self._readings[field.key] = field.name
        text = self.atoms(replace(field, type=FieldType.TEXT), stage)
        self._formula.add(-atoms.known, text.known)

    def _as_seen(self, name: str, stage: Stage) -> tuple[Stage, str]:
        """The first stage that sees the field as this one does, and the name."""
        while stage in STAGE_BEFORE and (stage, name) not in _ALWAYS_OTHER:
            before = STAGE_BEFORE[stage]
            if (before, name) in self._book.setters:
                break
            stage = before
        return stage, name

    def tie_all(self) -> bool:
        """Say what earlier stages make of the fields in question; False if that is said already."""
        loose = [at for at in self._atoms if at[0] in STAGE_BEFORE and at not in self._ties]
        for stage, name in loose:
            before = STAGE_BEFORE[stage]
            given = FIELDS["previous_queue" if name == "queue" else name]
            inputs, after = self.atoms(given, before), self._atoms[stage, name]
            tie = _TIES.get(name, _Tie)(self, self._formula, inputs, after)
            self._ties[stage, name] = tie
            tie.learn(self._book.setters.get((before, name), []), name)
        return bool(loose)

    @property
    def book(self) -> RuleBook:
        return self._book

    def follow(self) -> None:
        """Extend the ties to atoms that have come since."""
        for tie in self._ties.values():
            tie.follow()

    def facts(self, model: Model, *, plain: bool) -> Facts | None:
        """Return a message such as the model has it, or None if there is none.

        Of an attribute that is read in several ways a `plain` one has what it is read as.
        """
        known = self._read_values(model) if plain else {}
        for (stage, seen), atoms in sorted(self._atoms.items(), key=lambda item: item[0][0].rank):
            name = "previous_queue" if (stage, seen) in _CHOSEN else seen
            if name in known or name in self._readings:
                continue
            if plain and isinstance(atoms, Text):
                known[name] = atoms.plain_value(model)
            else:
                known[name] = atoms.value(model)
            if known[name] is None and atoms.known in model:
                return None
        return Facts(known)

    def _read_values(self, model: Model) -> dict[str, FactValue | None]:
        """The texts of attributes that are read as something else, where they can be."""
        found: dict[str, FactValue | None] = {}
        for (_, key), atoms in self._atoms.items():
            value = atoms.value(model) if key in self._readings else None
            if isinstance(value, int | float | bool | date):
                found[self._readings[key]] = kept(value)
        return found


class _Tie:
    """What a stage sees of a field with one value: the first that a rule set, or the input."""

    def __init__(self, encoding: Encoding, formula: Formula, inputs: Any, after: Any) -> None:
        self._encoding = encoding
        self._formula = formula
        self._inputs: Choice = inputs
        self._after: Choice = after
        self._unset = formula.true
        self._followed: set[Any] = set()

    def learn(self, setters: list[Rule], name: str) -> None:
        before: list[int] = []
        taken = -self._formula.true
        for rule in setters:
            sets = self._encoding.effective(rule)
            value = getattr(rule.then, name)
            self._formula.add(-sets, taken, self._after.equals(value))
            taken = self._formula.some([taken, sets])
            before.append(sets)
        self._unset = -taken
        if name == "priority":
            self._formula.add(taken, self._inputs.known, self._after.equals(Priority.NORMAL))
        else:
            self._same(self._inputs.known, self._after.known)

    def follow(self) -> None:
        for value in [*self._inputs.equal, *self._after.equal]:
            if value not in self._followed:
                self._followed.add(value)
                self._copies(value)

    def _copies(self, value: Any) -> None:
        given, seen = self._inputs.equals(value), self._after.equals(value)
        self._formula.add(-self._unset, -given, seen)
        self._formula.add(-self._unset, -self._inputs.known, -seen, given)

    def _same(self, one: int, other: int) -> None:
        self._formula.add(-self._unset, -one, other)
        self._formula.add(-self._unset, one, -other)


class _TagTie:
    """What a stage sees of the tags: the input's, and those that rules add."""

    def __init__(self, encoding: Encoding, formula: Formula, inputs: Any, after: Any) -> None:
        self._encoding = encoding
        self._formula = formula
        self._inputs: Tags = inputs
        self._after: Tags = after
        self._adders: dict[str, list[int]] = {}
        self._followed: set[str] = set()

    def learn(self, setters: list[Rule], _name: str) -> None:
        for rule in setters:
            adds = self._encoding.effective(rule)
            for tag in rule.then.add_tags:
                self._adders.setdefault(tag, []).append(adds)
        every = {adds for adders in self._adders.values() for adds in adders}
        self._either(self._after.known, [self._inputs.known, *sorted(every)])

    def follow(self) -> None:
        for tag in [*self._inputs.member, *self._after.member]:
            if tag not in self._followed:
                self._followed.add(tag)
                adders = self._adders.get(tag, [])
                self._either(self._after.has(tag), [self._inputs.has(tag), *adders])

    def _either(self, found: int, sources: list[int]) -> None:
        self._formula.add(-found, *sources)
        for source in sources:
            self._formula.add(-source, found)


class _QueueTie:
    """The queue that route chose: the first that a rule set, the previous one, or the default."""

    def __init__(self, encoding: Encoding, formula: Formula, inputs: Any, after: Any) -> None:
        self._encoding = encoding
        self._formula = formula
        self._previous: Choice = inputs
        self._after: Choice = after

    def learn(self, setters: list[Rule], _name: str) -> None:
        book = self._encoding.book
        taken = -self._formula.true
        for rule in setters:
            sets = self._encoding.effective(rule)
            self._formula.add(-sets, taken, self._after.equals(rule.then.queue))
            taken = self._formula.some([taken, sets])
        previous = {id_: self._previous.equals(id_) for id_ in book.queues}
        for id_, was in previous.items():
            self._formula.add(taken, -was, self._after.equals(id_))
        self._formula.add(taken, *previous.values(), self._after.equals(book.default_queue))

    def follow(self) -> None:
        """All queues are told apart already."""


_TIES: Final[Mapping[str, Any]] = {TAGS: _TagTie, "queue": _QueueTie}
_ALWAYS_KNOWN: Final = {
    (Stage.ROUTE, "priority"),
    (Stage.RESPOND, "priority"),
    (Stage.RESPOND, "queue"),
    (Stage.CLOCK, SIGN),
    (Stage.CLOCK, "priority"),
    (Stage.CLOCK, "queue"),
}
_CHOSEN: Final = {(Stage.RESPOND, "queue")}
"""What the engine makes of the facts, and which cannot be given."""
_ALWAYS_OTHER: Final = {(Stage.ROUTE, "priority"), (Stage.RESPOND, "queue")}
"""What is known then, whatever rules set."""

_SORTS: Final[Mapping[FieldType, Callable[[Formula, Field], Atoms]]] = {
    FieldType.TEXT: Text,
    FieldType.SET: Tags,
    FieldType.NUMBER: Ordered,
    FieldType.DURATION: Ordered,
    FieldType.DATETIME: Ordered,
    FieldType.DATE: Ordered,
}
