"""An index over the plain demands of rules, so that most rules are never asked.

A guard is a conjunct of a rule, not negated, that accepts listed values, words or tags of a field,
or any of such demands on a few fields. For each group of fields that guards ask together, looking
up what is there gives the rules whose guard it passes, as the bits of a number. A guard that is not
exact lets through more than its test does.
"""

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from routing.conditions import All, AnyOf, Condition, Leaf
from routing.matching import Matcher, compile_condition
from routing.predicates import Acceptance, View, acceptance

MAX_KEYS: Final = 4
"""A demand on more fields than these is asked rule by rule."""


@dataclass(frozen=True, slots=True)
class Guard:
    """A conjunct that holds only where one of the acceptances does, each of another key."""

    matcher: Matcher
    accepted: tuple[Acceptance, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(each.key for each in self.accepted)

    @property
    def is_exact(self) -> bool:
        return all(each.is_exact for each in self.accepted)


def split_guards(condition: Condition) -> tuple[tuple[Guard, ...], All]:
    """Take the guards, one for each group of keys at most, from the conjuncts of a condition."""
    guards: dict[tuple[str, ...], Guard] = {}
    rest: list[Condition] = []
    for part in _conjuncts(condition):
        accepted = _accepted(part)
        keys = tuple(each.key for each in accepted)
        if accepted and len(accepted) <= MAX_KEYS and keys not in guards:
            guards[keys] = Guard(compile_condition(part), accepted)
        else:
            rest.append(part)
    return tuple(guards.values()), All(tuple(rest))


def _conjuncts(condition: Condition) -> Iterator[Condition]:
    if isinstance(condition, All):
        for part in condition.parts:
            yield from _conjuncts(part)
    else:
        yield condition


def _accepted(condition: Condition) -> tuple[Acceptance, ...]:
    """What a condition accepts, by key in order; nothing if it is no guard."""
    if isinstance(condition, Leaf):
        accepted = acceptance(condition)
        return (accepted,) if accepted else ()
    if not isinstance(condition, AnyOf):
        return ()
    by_key: dict[str, Acceptance] = {}
    for part in condition.parts:
        accepted_by_part = _accepted(part)
        if not accepted_by_part:
            return ()
        for each in accepted_by_part:
            by_key[each.key] = _either(by_key[each.key], each) if each.key in by_key else each
    return tuple(by_key[key] for key in sorted(by_key))


def _either(one: Acceptance, other: Acceptance) -> Acceptance:
    values = one.values | other.values
    return replace(one, values=values, is_exact=one.is_exact and other.is_exact)


@dataclass(slots=True)
class _Key:
    """One key of a group: by value the rules that accept it."""

    name: str
    is_set: bool
    passing: dict[Hashable, int] = field(default_factory=dict)

    def add(self, bit: int, values: frozenset[Hashable]) -> None:
        for value in values:
            self.passing[value] = self.passing.get(value, 0) | bit

    def ask(self, view: View) -> int:
        if not self.is_set:
            return self.passing.get(view[self.name], 0)
        return _any_of(self.passing.keys() & (view[self.name] or ()), self.passing)


class GuardIndex:
    """Answers which rules pass all their guards, and which all but one.

    Rules are numbered as given; bit n stands for rule n.
    """

    def __init__(self, guards: Sequence[tuple[Guard, ...]]) -> None:
        self._all = (1 << len(guards)) - 1
        guarded: dict[tuple[str, ...], int] = {}
        keys: dict[tuple[str, ...], list[_Key]] = {}
        for number, own in enumerate(guards):
            for guard in own:
                guarded[guard.keys] = guarded.get(guard.keys, 0) | 1 << number
                group = keys.setdefault(
                    guard.keys, [_Key(each.listing, each.is_set) for each in guard.accepted]
                )
                for key, accepted in zip(group, guard.accepted, strict=True):
                    key.add(1 << number, accepted.values)
        groups = [(guarded[names], tuple(group)) for names, group in keys.items()]
        self._groups = sorted(groups, key=lambda group: any(key.is_set for key in group[1]))

    def ask(self, view: View, *, nearly: bool = True) -> tuple[int, int]:
        """Return the rules that fail no guard, and those that fail exactly one.

        The latter are not told apart unless `nearly` is wanted, which may spare looking at texts.
        """
        once = twice = 0
        for guarded, keys in self._groups:  # those that need no text to be split come first
            if not guarded & ~(twice if nearly else once):
                continue
            failing = guarded
            for key in keys:
                failing &= ~key.ask(view)
            twice |= once & failing
            once |= failing
        return self._all & ~once, once & ~twice


def _any_of(members: Collection[Hashable], passing: Mapping[Hashable, int]) -> int:
    rules = 0
    for member in members:
        rules |= passing[member]
    return rules
