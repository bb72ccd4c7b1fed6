"""Conditions in a form that is equal where they say the same in another order."""

from routing.conditions import All, AnyOf, Condition, Leaf, Not
from routing.operators import Op
from routing.predicates import typed_value

_LISTS = (Op.ONE_OF, Op.CONTAINS_ANY, Op.HAS_ANY, Op.HAS_ALL)


def normal_form(condition: Condition, *, negated: bool = False) -> object:
    """Return a hashable form; conditions of equal forms hold on the same messages."""
    match condition:
        case Not(part):
            return normal_form(part, negated=not negated)
        case Leaf():
            return (negated, condition.field.name, condition.op, _value(condition))
        case All(parts) | AnyOf(parts):
            is_all = isinstance(condition, All) != negated
            each = [normal_form(part, negated=negated) for part in parts]
            flat: set[object] = set()
            for form in each:
                flat |= form[1] if _is_group(form, is_all=is_all) else {form}  # type: ignore[index]
            return next(iter(flat)) if len(flat) == 1 else (is_all, frozenset(flat))


def _is_group(form: object, *, is_all: bool) -> bool:
    return isinstance(form, tuple) and len(form) == 2 and form[0] is is_all


def _value(leaf: Leaf) -> object:
    if leaf.op in _LISTS and isinstance(leaf.value, tuple):
        return frozenset(typed_value(leaf, value) for value in leaf.value)
    if leaf.op in (Op.MATCHES, Op.IS_MISSING):
        return leaf.value
    return typed_value(leaf, leaf.value)
