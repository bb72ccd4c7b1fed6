"""Which rules can clash at all: a filter before the questions proper.

From each condition it takes what fields with single values must be; rules that ask for different
values of the same field cannot match together. Numbers are compared as ranges.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Final

from routing.analysis.book import claims
from routing.conditions import All, AnyOf, Condition, Leaf, Not
from routing.facts import FieldType
from routing.operators import Op
from routing.predicates import typed_value
from routing.rules import Rule

Range = tuple[float, float]
Demands = dict[str, frozenset[Hashable] | Range]

_NUMERIC: Final = (FieldType.NUMBER, FieldType.DURATION)


def demands(condition: Condition) -> Demands:
    """Return, for some fields, the values or closed range outside of which it cannot hold."""
    match condition:
        case Leaf():
            return _of_leaf(condition)
        case All(parts):
            found: Demands = {}
            for part in parts:
                for name, demand in demands(part).items():
                    found[name] = _both(found[name], demand) if name in found else demand
            return found
        case AnyOf(parts):
            each = [demands(part) for part in parts]
            shared = set.intersection(*(set(one) for one in each))
            return {name: _either([one[name] for one in each]) for name in sorted(shared)}
        case Not():
            return {}


def _of_leaf(leaf: Leaf) -> Demands:
    name = leaf.field.key
    if leaf.field.type in _NUMERIC and isinstance(leaf.value, int | float):
        low = leaf.value if leaf.op in (Op.GT, Op.GTE, Op.EQUALS) else -inf
        high = leaf.value if leaf.op in (Op.LT, Op.LTE, Op.EQUALS) else inf
        return {name: (low, high)}
    if leaf.op in (Op.EQUALS, Op.IS) and leaf.field.type is not FieldType.DATETIME:
        return {name: frozenset((typed_value(leaf, leaf.value),))}
    if leaf.op is Op.ONE_OF and isinstance(leaf.value, tuple):
        return {name: frozenset(typed_value(leaf, value) for value in leaf.value)}
    return {}


def _both(
    one: frozenset[Hashable] | Range, other: frozenset[Hashable] | Range
) -> frozenset[Hashable] | Range:
    if isinstance(one, frozenset) and isinstance(other, frozenset):
        return one & other
    if isinstance(one, tuple) and isinstance(other, tuple):
        return max(one[0], other[0]), min(one[1], other[1])
    return one


def _either(each: Sequence[frozenset[Hashable] | Range]) -> frozenset[Hashable] | Range:
    sets = [one for one in each if isinstance(one, frozenset)]
    if sets:
        return frozenset().union(*sets)
    ranges = [one for one in each if isinstance(one, tuple)]
    return min(low for low, _ in ranges), max(high for _, high in ranges)


@dataclass(slots=True)
class Rivals:
    """Finds, for each rule of a stage in turn, earlier ones that may set a field otherwise.

    Rules are bits of numbers, so that a thousand are compared at once.
    """

    _rules: list[Rule] = field(default_factory=list)
    _ranges: list[dict[str, Range]] = field(default_factory=list)
    _demanding: dict[str, int] = field(default_factory=dict)
    _accepting: dict[tuple[str, Hashable], int] = field(default_factory=dict)
    _setting: dict[str, int] = field(default_factory=dict)
    _setting_to: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, rule: Rule) -> Iterator[Rule]:
        """Return the earlier rules that may clash with the next one, in their order."""
        wanted = demands(rule.when)
        ranges = {name: each for name, each in wanted.items() if isinstance(each, tuple)}
        sets = {name: each for name, each in wanted.items() if isinstance(each, frozenset)}
        differing = self._differing(rule) & self._compatible(sets)
        earlier = len(self._rules)
        self._enter(rule, sets, ranges)
        return self._numbered(differing & ((1 << earlier) - 1), ranges)

    def _differing(self, rule: Rule) -> int:
        found = 0
        for name, value in claims(rule).items():
            found |= self._setting.get(name, 0) & ~self._setting_to.get((name, value), 0)
        return found

    def _compatible(self, sets: dict[str, frozenset[Hashable]]) -> int:
        found = (1 << len(self._rules)) - 1
        for name, values in sets.items():
            accepting = 0
            for value in values:
                accepting |= self._accepting.get((name, value), 0)
            found &= accepting | ~self._demanding.get(name, 0)
        return found

    def _enter(
        self, rule: Rule, sets: dict[str, frozenset[Hashable]], ranges: dict[str, Range]
    ) -> None:
        bit = 1 << len(self._rules)
        self._rules.append(rule)
        self._ranges.append(ranges)
        for name, values in sets.items():
            self._demanding[name] = self._demanding.get(name, 0) | bit
            for value in values:
                self._accepting[name, value] = self._accepting.get((name, value), 0) | bit
        for name, value in claims(rule).items():
            self._setting[name] = self._setting.get(name, 0) | bit
            self._setting_to[name, value] = self._setting_to.get((name, value), 0) | bit

    def _numbered(self, bits: int, ranges: dict[str, Range]) -> Iterator[Rule]:
        while bits:
            bit = bits & -bits
            bits ^= bit
            number = bit.bit_length() - 1
            if _meet(self._ranges[number], ranges):
                yield self._rules[number]


def _meet(one: dict[str, Range], other: dict[str, Range]) -> bool:
    for name, (low, high) in one.items():
        if name in other and (high < other[name][0] or other[name][1] < low):
            return False
    return True
