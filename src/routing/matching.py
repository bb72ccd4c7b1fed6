"""Conditions compiled for speed, and able to say what a rule lacked.

`not` is pushed down to the leaves (which Kleene's logic allows), so that only leaves meet the
unknown: what is left is plain `all` and `any` over tests that hold or do not.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from routing.conditions import All, AnyOf, Condition, Leaf, Not
from routing.explanation import MAX_SHOWN, ConditionShown
from routing.facts import Field, FieldType
from routing.operators import Op
from routing.predicates import Predicate, View, keyword_finder, predicate


@dataclass(frozen=True, slots=True, eq=False)
class Literal:
    """A leaf, or the negation of one, as it stands in a compiled rule.

    Explanations quote `shown` where it did not hold, with what is `seen` in its field then, and
    `held` of the view where it did.
    """

    leaf: Leaf
    holds: Predicate
    shown: ConditionShown
    seen: Callable[[View], Any]
    held: Callable[[View], ConditionShown]


Literals = tuple[Literal, ...]
Lacking = Callable[[View], Literals]


@dataclass(frozen=True, slots=True)
class Matcher:
    """A compiled condition.

    `lacking` names the literals that would have to hold too: none where the condition holds, one
    where that alone stands in the way, two for any greater distance. Literals that stand more
    than once in a condition count each time. `proof` names literals that make it hold: all parts
    of an `all`, the first part that holds of an `any`. `literal` is all of it, if it is but one.
    """

    holds: Predicate
    lacking: Lacking
    proof: Lacking
    cost: int
    literal: Literal | None = None


def compile_condition(condition: Condition, *, negated: bool = False) -> Matcher:
    """Compile a condition, or its negation."""
    match condition:
        case Leaf():
            return _single(condition, negated=negated)
        case Not(part):
            return compile_condition(part, negated=not negated)
        case All(parts) | AnyOf(parts):
            matchers = [compile_condition(part, negated=negated) for part in parts]
            if len(matchers) == 1:
                return matchers[0]
            return _every(matchers) if isinstance(condition, All) != negated else _some(matchers)


def literal_of(leaf: Leaf, *, negated: bool) -> Literal:
    """Compile a single leaf, or its negation."""
    holds, quoted = predicate(leaf, negated=negated), shown(leaf, negated=negated)
    has_keyword = leaf.op is Op.CONTAINS_ANY and not negated
    held = _with_keyword(leaf) if has_keyword else lambda _view: quoted
    return Literal(leaf, holds, quoted, _seen(leaf.field), held)


def _seen(field: Field) -> Callable[[View], Any]:
    """Tell what a field holds, but nothing that may be personal: of a text the length."""
    name, told = field.name, _length if field.is_private else _TOLD[field.type]
    return lambda view: None if (value := view[name]) is None else told(value)


def _length(text: str) -> dict[str, int]:
    return {"length": len(text)}


_TOLD: Final[Mapping[FieldType, Callable[[Any], Any]]] = {
    FieldType.ENUM: str,
    FieldType.ID: str,
    FieldType.SET: sorted,
    FieldType.NUMBER: lambda number: number,
    FieldType.DURATION: lambda seconds: seconds,
    FieldType.DATETIME: datetime.isoformat,
    FieldType.BOOL: lambda flag: flag,
    FieldType.PRIORITY: str,
}


def _with_keyword(leaf: Leaf) -> Callable[[View], ConditionShown]:
    name, op, find = leaf.field.name, leaf.op.value, keyword_finder(leaf)
    return lambda view: {"field": name, "op": op, "value": find(view)}


def shown(leaf: Leaf, *, negated: bool) -> ConditionShown:
    """Quote a leaf, or its negation, as explanations do."""
    quoted: ConditionShown = {"field": leaf.field.name, "op": leaf.op.value}
    if isinstance(leaf.value, tuple):
        quoted["value"] = list(leaf.value[:MAX_SHOWN])
        if len(leaf.value) > MAX_SHOWN:
            quoted["more"] = len(leaf.value) - MAX_SHOWN
    elif leaf.value is not None:
        quoted["value"] = leaf.value
    if negated:
        quoted["negated"] = True
    return quoted


_COST: Final = {Op.CONTAINS_ANY: 3, Op.MATCHES: 9}


def _single(leaf: Leaf, *, negated: bool) -> Matcher:
    literal = literal_of(leaf, negated=negated)
    holds, itself = literal.holds, (literal,)
    return Matcher(
        holds=holds,
        lacking=lambda view: () if holds(view) else itself,
        proof=lambda _view: itself,
        cost=_COST.get(leaf.op, 1),
        literal=literal,
    )


def _every(parts: list[Matcher]) -> Matcher:
    # What is lacking does not depend on the order of tests (two are as good as any two), so the
    # cheap ones go first; the proof keeps the order in which the rule was written.
    cheapest_first = sorted(parts, key=lambda part: part.cost)
    tests = tuple(part.holds for part in cheapest_first)
    lackings = tuple(part.lacking for part in cheapest_first)

    def lacking(view: View) -> Literals:
        found: Literals = ()
        for part in lackings:
            if more := part(view):
                if found or len(more) > 1:
                    return found + more
                found = more
        return found

    return Matcher(
        holds=_conjunction(tests),
        lacking=lacking,
        proof=lambda view: _joined(part.proof(view) for part in parts),
        cost=sum(part.cost for part in parts),
    )


def _conjunction(tests: tuple[Predicate, ...]) -> Predicate:
    if len(tests) == 2:
        first, second = tests
        return lambda view: first(view) and second(view)

    def holds(view: View) -> bool:
        for test in tests:  # noqa: SIM110 - a generator would cost more than most tests
            if not test(view):
                return False
        return True

    return holds


def _some(parts: list[Matcher]) -> Matcher:
    tests = tuple(part.holds for part in parts)

    def holds(view: View) -> bool:
        for test in tests:  # noqa: SIM110 - as above
            if test(view):
                return True
        return False

    def proof(view: View) -> Literals:
        return next(part.proof(view) for part in parts if part.holds(view))

    return Matcher(holds, _nearest(parts), proof, cost=sum(part.cost for part in parts))


def _nearest(parts: list[Matcher]) -> Lacking:
    first, *others = (part.lacking for part in parts)

    def lacking(view: View) -> Literals:
        shortest = first(view)
        for part in others:
            if not shortest:
                break
            if len(found := part(view)) < len(shortest):
                shortest = found
        return shortest

    return lacking


def _joined(proofs: Iterable[Literals]) -> Literals:
    return tuple(literal for proof in proofs for literal in proof)
