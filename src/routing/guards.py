"""An index over the plain demands of rules, so that most rules are never asked.

A guard is a conjunct of a rule, not negated, that accepts listed values of one field, listed
words or listed tags. Per field, looking up what is there gives the rules whose guard it passes,
as the bits of a number. A guard that is not exact lets through more than its test does.
"""

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from routing.conditions import All, Condition, Leaf
from routing.matching import Literal, literal_of
from routing.predicates import Acceptance, View, acceptance


@dataclass(frozen=True, slots=True)
class Guard:
    """A conjunct that the index answers."""

    literal: Literal
    accepted: Acceptance


def split_guards(condition: Condition) -> tuple[tuple[Guard, ...], All]:
    """Take the guards, one for each key at most, from the conjuncts of a condition."""
    guards: dict[str, Guard] = {}
    rest: list[Condition] = []
    for part in _conjuncts(condition):
        accepted = acceptance(part) if isinstance(part, Leaf) else None
        if isinstance(part, Leaf) and accepted and accepted.key not in guards:
            guards[accepted.key] = Guard(literal_of(part, negated=False), accepted)
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
class _KeyGuards:
    """The guards on one key: the rules that have any, and by value those that accept it."""

    is_set: bool
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
        by_key: dict[str, _KeyGuards] = {}
        for number, own in enumerate(guards):
            for accepted in (guard.accepted for guard in own):
                of_key = by_key.setdefault(accepted.key, _KeyGuards(accepted.is_set))
                of_key.add(1 << number, accepted.values)
        indexed = [(key, found.guarded, found.passing) for key, found in by_key.items()]
        self._single = [entry for entry in indexed if not by_key[entry[0]].is_set]
        self._sets = [(*entry, frozenset(entry[2])) for entry in indexed if by_key[entry[0]].is_set]

    def ask(self, view: View) -> tuple[int, int]:
        """Return the rules that fail no guard, and those that fail exactly one."""
        once = twice = 0
        for key, guarded, passing in self._single:
            failing = guarded & ~passing.get(view[key], 0)
            twice |= once & failing
            once |= failing
        for key, guarded, passing, accepted in self._sets:
            if guarded & ~twice:  # else nobody asks, and a text need not be split
                failing = guarded & ~_any_of(accepted.intersection(view[key] or ()), passing)
                twice |= once & failing
                once |= failing
        return self._all & ~once, once & ~twice


def _any_of(members: Collection[Hashable], passing: Mapping[Hashable, int]) -> int:
    rules = 0
    for member in members:
        rules |= passing[member]
    return rules
