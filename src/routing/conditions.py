"""Conditions: a tree of `all`, `any` and `not` over tests of single fields.

Three-valued by Kleene's logic: a test of an unknown field is neither true nor false, and so is
its negation; a rule matches only where the whole tree is true. `is_missing` asks for the unknown.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from routing.facts import FAMILIES, FIELDS, Field, Stage, field_named
from routing.operators import Op, ValueChecker, operators_of, reading
from routing.problems import below, did_you_mean, json_type

MAX_DEPTH: Final = 16
MAX_NODES: Final = 1_000

Scalar = str | int | float | bool
LeafValue = Scalar | tuple[Scalar, ...] | None


@dataclass(frozen=True, slots=True)
class Leaf:
    """A test of one field. `value` is as JSON has it (a list as a tuple), None for is_missing."""

    field: Field
    op: Op
    value: LeafValue


@dataclass(frozen=True, slots=True)
class All:
    """True where every part is. With no parts, which only a whole condition may be: always."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True where at least one part is."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """True where its part is false; unknown where that is unknown."""

    part: "Condition"


Condition = Leaf | All | AnyOf | Not

_GROUPS: Final = ("all", "any", "not")
_LEAF_KEYS: Final = ("field", "op", "value")


@dataclass(slots=True)
class ConditionParser:
    """Reads the `when` of one rule of `stage` (None where that is itself wrong).

    Mistakes go to the checker's problems; a part that has any comes back as None.
    """

    checker: ValueChecker
    stage: Stage | None
    _nodes: int = field(default=0, init=False)

    def parse(self, obj: object, pointer: str, depth: int = 1) -> Condition | None:
        """Read a condition of at most `MAX_DEPTH` levels and `MAX_NODES` nodes in all."""
        if not self._has_room(pointer, depth):
            return None
        if not isinstance(obj, dict):
            self._add(pointer, f"must be an object, not {json_type(obj)}")
            return None
        groups = [key for key in _GROUPS if key in obj]
        if not groups:
            return self._leaf(obj, pointer)
        self.checker.problems.unknown_keys(obj, pointer, groups[:1], hint=f" beside {groups[0]!r}")
        if groups[0] == "not":
            part = self.parse(obj["not"], below(pointer, "not"), depth + 1)
            return part and Not(part)
        return self._group(groups[0], obj[groups[0]], below(pointer, groups[0]), depth)

    def _has_room(self, pointer: str, depth: int) -> bool:
        self._nodes += 1
        if depth > MAX_DEPTH:
            self._add(pointer, f"conditions may be nested {MAX_DEPTH} deep at most")
        elif self._nodes == MAX_NODES + 1:
            self._add(pointer, f"a rule may hold {MAX_NODES} conditions and groups at most")
        return depth <= MAX_DEPTH and self._nodes <= MAX_NODES

    def _group(self, key: str, items: object, pointer: str, depth: int) -> Condition | None:
        if not isinstance(items, list):
            self._add(pointer, f"must be a list of conditions, not {json_type(items)}")
            return None
        if not items and (key == "any" or depth > 1):
            self._add(pointer, "must not be empty; only a whole rule may be 'all' of nothing")
            return None
        parts: list[Condition] = []
        for index, item in enumerate(items):
            part = self.parse(item, below(pointer, index), depth + 1)
            if part is not None:
                parts.append(part)
            elif self._nodes > MAX_NODES:
                break
        if len(parts) < len(items):
            return None
        return All(tuple(parts)) if key == "all" else AnyOf(tuple(parts))

    def _leaf(self, obj: dict[str, object], pointer: str) -> Leaf | None:
        problems = self.checker.problems
        before = len(problems.found)
        problems.unknown_keys(obj, pointer, (*_LEAF_KEYS, *_GROUPS))
        problems.missing_keys(obj, pointer, ("field", "op"))
        tested = self._field(obj["field"], below(pointer, "field")) if "field" in obj else None
        if tested is None or "op" not in obj:
            return None
        op = self._op(tested, obj["op"], below(pointer, "op"))
        if op is None:
            return None
        tested = reading(tested, op, obj.get("value"))
        self._value(tested, op, obj, pointer)
        return (
            Leaf(tested, op, _frozen(obj.get("value"))) if len(problems.found) == before else None
        )

    def _field(self, name: object, pointer: str) -> Field | None:
        text = self.checker.text(name, pointer, longest=200)
        if text is None:
            return None
        tested = field_named(text)
        if tested is None:
            candidates = (*FIELDS, *(family.name for family in FAMILIES))
            self._add(pointer, f"unknown field{did_you_mean(text, candidates)}")
        elif self.stage and (mistake := tested.mistake_in(self.stage)):
            self._add(pointer, mistake)
        return tested

    def _op(self, tested: Field, name: object, pointer: str) -> Op | None:
        ops = operators_of(tested)
        if isinstance(name, str) and name in ops:
            return Op(name)
        what = f"a field of type {tested.type} has no such operator"
        self._add(pointer, f"{what}{did_you_mean(str(name), ops)}")
        return None

    def _value(self, tested: Field, op: Op, obj: dict[str, object], pointer: str) -> None:
        if op is Op.IS_MISSING:
            if "value" in obj:
                self._add(below(pointer, "value"), "is_missing takes no value")
        elif "value" in obj:
            self.checker.value(tested, op, obj["value"], below(pointer, "value"))
        else:
            self._add(below(pointer, "value"), "is missing")

    def _add(self, pointer: str, message: str) -> None:
        self.checker.problems.add(pointer, message)


def leaves_of(condition: Condition, pointer: str) -> Iterator[tuple[str, Leaf]]:
    """Every test with the pointer to it, which begins with that of the condition."""
    match condition:
        case Leaf():
            yield pointer, condition
        case Not(part):
            yield from leaves_of(part, f"{pointer}/not")
        case All(parts) | AnyOf(parts):
            key = "all" if isinstance(condition, All) else "any"
            for n, part in enumerate(parts):
                yield from leaves_of(part, f"{pointer}/{key}/{n}")


def fields_of(condition: Condition) -> Iterator[str]:
    """Name the fields that a condition tests."""
    return (leaf.field.name for _, leaf in leaves_of(condition, ""))


def condition_to_json(condition: Condition) -> dict[str, object]:
    """Write the condition as in a rule: what `ConditionParser.parse` reads."""
    match condition:
        case All(parts):
            return {"all": [condition_to_json(part) for part in parts]}
        case AnyOf(parts):
            return {"any": [condition_to_json(part) for part in parts]}
        case Not(part):
            return {"not": condition_to_json(part)}
        case Leaf():
            return _leaf_to_json(condition)


def _leaf_to_json(leaf: Leaf) -> dict[str, object]:
    written: dict[str, object] = {"field": leaf.field.name, "op": str(leaf.op)}
    if leaf.value is not None:
        written["value"] = list(leaf.value) if isinstance(leaf.value, tuple) else leaf.value
    return written


def _frozen(value: object) -> LeafValue:
    if isinstance(value, list | tuple):
        return tuple(value)
    return value if isinstance(value, Scalar) else None
