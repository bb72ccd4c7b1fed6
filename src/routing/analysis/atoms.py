"""The values that a field can have, as variables of a formula: one class for each sort of field.

A variable stands for a test that rules make: "it is 3", "it is less than 5", "it has the tag vip".
Clauses say which of them exclude or imply each other, so that every model is a possible value.
Nothing is left out: what the clauses exclude, no value can be.
"""

from bisect import insort
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import chain, count, pairwise
from math import floor, inf, nextafter
from typing import Any, Final, Protocol

from routing.analysis.formula import Formula, Ladder
from routing.conditions import Leaf
from routing.facts import FactValue, Field, FieldType
from routing.operators import Op
from routing.predicates import typed_value
from routing.priority import Priority

Model = frozenset[int]


class Atoms(Protocol):
    """A field's variables; `known` is true where the field is not unknown."""

    known: int

    def holds(self, leaf: Leaf) -> int:
        """Return a literal that is true where the test holds (the field is then known)."""

    def value(self, model: Model) -> FactValue | None:
        """Return a value such as the model has it, or None where it is unknown."""


class Choice:
    """One value of a set of them, which is closed (enum, bool, priority) or open (id)."""

    def __init__(self, formula: Formula, field: Field) -> None:
        self.known = formula.new()
        self.equal: dict[Any, int] = {}
        self._formula = formula
        self._field = field
        self._ladder = Ladder(formula)
        choices: tuple[Any, ...] = _CLOSED.get(field.type, field.choices)
        equal = [self.equals(choice) for choice in choices]
        if equal:
            formula.add(-self.known, *equal)

    def equals(self, value: Any) -> int:
        if value not in self.equal:
            self.equal[value] = self._ladder.further()
            self._formula.add(-self.equal[value], self.known)
        return self.equal[value]

    def holds(self, leaf: Leaf) -> int:
        if leaf.op is Op.ONE_OF and isinstance(leaf.value, tuple):
            values = {typed_value(leaf, value) for value in leaf.value}
            return self._formula.some([self.equals(value) for value in sorted(values)])
        wanted = typed_value(leaf, leaf.value)
        if leaf.op in _COMPARED:
            fitting = [each for each in sorted(Priority) if _compares(leaf.op, each, wanted)]
            return self._formula.some([self.equals(each) for each in fitting])
        return self.equals(wanted)

    def value(self, model: Model) -> FactValue | None:
        if self.known not in model:
            return None
        found = next((value for value, at in self.equal.items() if at in model), None)
        return self._other() if found is None else found

    def _other(self) -> str:
        names = chain(_OTHERS.get(self._field.name, ()), (f"other-{n}" for n in count(1)))
        return next(name for name in names if name not in self.equal)


class Ordered:
    """A number, a duration in seconds, an instant or a date."""

    def __init__(self, formula: Formula, field: Field) -> None:
        self.known = formula.new()
        self._formula = formula
        self._between = _BETWEEN.get(field.type, _number_between)
        self._equal: dict[Any, int] = {}
        self._less: dict[Any, int] = {}
        self._sorted: list[Any] = []

    def _at(self, value: Any) -> tuple[int, int]:
        """Return variables for "less than the value" and "equal to it"."""
        if value not in self._equal:
            add, less, equal = self._formula.add, self._formula.new(), self._formula.new()
            self._less[value], self._equal[value] = less, equal
            add(-less, self.known)
            add(-equal, self.known)
            add(-less, -equal)
            insort(self._sorted, value)
            at = self._sorted.index(value)
            for lower, upper in pairwise(self._sorted[max(at - 1, 0) : at + 2]):
                self._in_order(lower, upper)
        return self._less[value], self._equal[value]

    def _in_order(self, lower: Any, upper: Any) -> None:
        self._formula.add(-self._less[lower], self._less[upper])
        self._formula.add(-self._equal[lower], self._less[upper])

    def holds(self, leaf: Leaf) -> int:
        less, equal = self._at(typed_value(leaf, leaf.value))
        match leaf.op:
            case Op.LT:
                return less
            case Op.LTE:
                return self._formula.some([less, equal])
            case Op.GT:
                return self._formula.every([self.known, -less, -equal])
            case Op.GTE:
                return self._formula.every([self.known, -less])
            case _:
                return equal

    def value(self, model: Model) -> FactValue | None:
        if self.known not in model:
            return None
        low = high = None
        for value in self._sorted:
            if self._equal[value] in model:
                return value  # type: ignore[no-any-return]
            if self._less[value] in model:
                high = value
                break
            low = value
        found: FactValue | None = self._between(low, high)
        return found


def _number_between(low: float | None, high: float | None) -> float | None:
    """Return a number strictly between, whole if possible; None if there is none."""
    if low is None:
        return 1 if high is None or high > 1 else floor(high) - 1
    candidates = (
        floor(low) + 1,
        low + (0 if high is None else high - low) / 2,
        nextafter(low, inf),
    )
    fitting = (each for each in candidates if low < each and (high is None or each < high))
    return next(fitting, None)


def _instant_between(low: datetime | None, high: datetime | None) -> datetime | None:
    try:
        if low is None:
            return datetime.fromisoformat(_SOME_DAY) if high is None else high - timedelta(days=1)
        found = low + (timedelta(days=1) if high is None else (high - low) / 2)
    except OverflowError:
        return None
    return found if low < found and (high is None or found < high) else None


def _date_between(low: date | None, high: date | None) -> date | None:
    try:
        if low is None:
            return date.fromisoformat(_SOME_DAY[:10]) if high is None else high - timedelta(days=1)
        found = low + timedelta(days=1)
    except OverflowError:
        return None
    return found if high is None or found < high else None


_BETWEEN: Final[Mapping[FieldType, Callable[[Any, Any], Any]]] = {
    FieldType.DATETIME: _instant_between,
    FieldType.DATE: _date_between,
}


class Tags:
    """A set of names."""

    def __init__(self, formula: Formula, _field: Field) -> None:
        self.known = formula.new()
        self.member: dict[str, int] = {}
        self._formula = formula

    def has(self, tag: str) -> int:
        if tag not in self.member:
            self.member[tag] = self._formula.new()
            self._formula.add(-self.member[tag], self.known)
        return self.member[tag]

    def holds(self, leaf: Leaf) -> int:
        tags = [self.has(str(tag)) for tag in _items(leaf)]
        combined = self._formula.some if leaf.op is Op.HAS_ANY else self._formula.every
        return combined(tags)

    def value(self, model: Model) -> FactValue | None:
        if self.known not in model:
            return None
        return frozenset(tag for tag, at in self.member.items() if at in model)


def _items(leaf: Leaf) -> Iterator[Any]:
    return iter(leaf.value if isinstance(leaf.value, tuple) else ())


def _compares(op: Op, value: Priority, wanted: Priority) -> bool:
    return {
        Op.LT: value < wanted,
        Op.LTE: value <= wanted,
        Op.GT: value > wanted,
        Op.GTE: value >= wanted,
    }[op]


_COMPARED: Final = (Op.LT, Op.LTE, Op.GT, Op.GTE)
_CLOSED: Final[Mapping[FieldType, tuple[Any, ...]]] = {
    FieldType.BOOL: (False, True),
    FieldType.PRIORITY: (Priority.NORMAL, Priority.LOW, Priority.HIGH, Priority.URGENT),
}
_OTHERS: Final[Mapping[str, Iterable[str]]] = {
    "language": ("en", "it", "de", "fr", "es", "pt", "nl", "pl", "sv", "fi"),
}
_SOME_DAY: Final = "2030-01-31T09:00:00+00:00"
