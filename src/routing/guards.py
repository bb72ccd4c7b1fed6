"""An index over the plain equalities that rules demand, so that most rules are never asked.

A guard is a conjunct of a rule, not negated, that holds for listed values of one field only. Per
field, one look-up of the value gives the rules whose guard it passes, as the bits of a number.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field

from routing.conditions import All, Condition, Leaf
from routing.matching import Literal, literal_of
from routing.predicates import View, accepted


@dataclass(frozen=True, slots=True)
class Guard:
    """A conjunct that holds exactly where `view[key]` is one of `accepts`."""

    literal: Literal
    key: str
    accepts: frozenset[Hashable]


def split_guards(condition: Condition) -> tuple[tuple[Guard, ...], All]:
    """Take the guards, one for each field at most, from the conjuncts of a condition."""
    guards: dict[str, Guard] = {}
    rest: list[Condition] = []
    for part in _conjuncts(condition):
        equality = accepted(part) if isinstance(part, Leaf) else None
        if isinstance(part, Leaf) and equality and equality[0] not in guards:
            guards[equality[0]] = Guard(literal_of(part, negated=False), *equality)
        else:
            rest.append(part)
    return tuple(guards.values()), All(tuple(rest))


def _conjuncts(condition: Condition) -> Iterator[Condition]:
    if isinstance(condition, All):
        for part in condition.parts:
            yield from _conjuncts(part)
    else:
        yield condition


@dataclass(slots=True)
class _FieldGuards:
    guarded: int = 0
    passing: dict[Hashable, int] = field(default_factory=dict)

    def add(self, bit: int, values: frozenset[Hashable]) -> None:
        self.guarded |= bit
        for value in values:
            self.passing[value] = self.passing.get(value, 0) | bit


class GuardIndex:
    """Answers which rules pass all their guards, and which all but one.

    Rules are numbered as given; bit n stands for rule n.
    """

    def __init__(self, guards: Sequence[tuple[Guard, ...]]) -> None:
        self._all = (1 << len(guards)) - 1
        by_key: dict[str, _FieldGuards] = {}
        for number, own in enumerate(guards):
            for guard in own:
                by_key.setdefault(guard.key, _FieldGuards()).add(1 << number, guard.accepts)
        self._fields = [(key, found.guarded, found.passing) for key, found in by_key.items()]

    def ask(self, view: View) -> tuple[int, int]:
        """Return the rules that fail no guard, and those that fail exactly one."""
        once = twice = 0
        for key, guarded, passing in self._fields:
            failing = guarded & ~passing.get(view[key], 0)
            twice |= once & failing
            once |= failing
        return self._all & ~once, once & ~twice
