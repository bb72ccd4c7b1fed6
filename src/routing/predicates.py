"""Tests of single fields as closures over a view of the facts.

A predicate answers whether its test is known to hold: False for an unknown field.
"""

import operator
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from routing.conditions import Leaf
from routing.facts import FieldType
from routing.operators import Op, compile_pattern
from routing.priority import Priority
from routing.readings import read_bool, read_date, read_number
from routing.words import fold, line_of, words_of

FOLDED: Final = "folded:"
SPLIT: Final = "split:"
LINE: Final = "line:"
WORDS: Final = "words:"
UTF8: Final = "utf8:"


class View(dict[str, Any]):
    """The facts of one decision, with the forms of texts that tests need, each made once.

    A key is a field's name, or a form's prefix and the name. What is unknown reads as None.
    """

    __slots__ = ()

    def __missing__(self, key: str) -> Any:
        form, colon, name = key.partition(":")
        value = _FORMS[form + colon](self, name) if form + colon in _FORMS else None
        self[key] = value
        return value


Predicate = Callable[[View], bool]


def predicate(leaf: Leaf, *, negated: bool) -> Predicate:
    """Compile a leaf, or its negation; neither holds for an unknown field."""
    field = leaf.field.key
    if leaf.op is Op.IS_MISSING:
        return _known(field) if negated else _unknown(field)
    accepted = acceptance(leaf)
    is_all = accepted is not None and accepted.is_exact
    holds = _accepts(accepted) if accepted and is_all else _BUILDERS[leaf.op](leaf)
    return _known_and_not(field, holds) if negated else holds


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A test that holds only where `view[key]` is one of `values`, or `is_set` and has one.

    Where it is not `is_exact`, the test may still fail there.
    """

    key: str
    values: frozenset[Hashable]
    is_set: bool
    is_exact: bool = True

    @property
    def listing(self) -> str:
        """A key of the view under which the same values lie, cheapest to go through once."""
        return SPLIT + self.key.removeprefix(WORDS) if self.key.startswith(WORDS) else self.key


def acceptance(leaf: Leaf) -> Acceptance | None:
    """Reduce a test to an acceptance, if it has one: no order and no pattern.

    A phrase is accepted by its longest word, which few texts hold.
    """
    match leaf.op:
        case Op.EQUALS | Op.IS:
            return Acceptance(_key(leaf), frozenset((typed_value(leaf, leaf.value),)), is_set=False)
        case Op.ONE_OF:
            values = frozenset(typed_value(leaf, text) for text in _texts(leaf))
            return Acceptance(_key(leaf), values, is_set=False)
        case Op.HAS_ANY:
            return Acceptance(leaf.field.name, frozenset(_texts(leaf)), is_set=True)
        case Op.CONTAINS_ANY:
            words, phrases = _keywords(leaf)
            rarest = {rare for rare, _ in phrases}
            key = WORDS + leaf.field.name
            return Acceptance(key, words | rarest, is_set=True, is_exact=not phrases)
        case _:
            return None


def keyword_finder(leaf: Leaf) -> Callable[[View], str | None]:
    """For a `contains_any`: find the first keyword that the text holds."""
    key = LINE + leaf.field.name
    lines = [(text, line_of(words_of(fold(text)))) for text in _texts(leaf)]
    return lambda view: next((text for text, line in lines if line in (view[key] or "")), None)


def _known(field: str) -> Predicate:
    return lambda view: view[field] is not None


def _unknown(field: str) -> Predicate:
    return lambda view: view[field] is None


def _known_and_not(field: str, holds: Predicate) -> Predicate:
    return lambda view: view[field] is not None and not holds(view)


def _accepts(accepted: Acceptance) -> Predicate:
    key, values = accepted.key, accepted.values
    if not accepted.is_set:
        return lambda view: view[key] in values

    def holds(view: View) -> bool:
        found = view[key]
        return found is not None and not values.isdisjoint(found)

    return holds


def _prefix(leaf: Leaf) -> Predicate:
    key, start = _key(leaf), typed_value(leaf, leaf.value)

    def holds(view: View) -> bool:
        text = view[key]
        return text is not None and text.startswith(start)

    return holds


def _keywords(leaf: Leaf) -> tuple[frozenset[str], tuple[tuple[str, str], ...]]:
    """Return the single words, and the phrases as lines with the longest word of each."""
    keywords = [words_of(fold(text)) for text in _texts(leaf)]
    words = frozenset(found[0] for found in keywords if len(found) == 1)
    phrases = (found for found in keywords if len(found) > 1)
    return words, tuple((max(found, key=len), line_of(found)) for found in phrases)


def _contains_any(leaf: Leaf) -> Predicate:
    words, phrases = _keywords(leaf)
    words_key, line_key = WORDS + leaf.field.name, LINE + leaf.field.name

    def holds(view: View) -> bool:
        found = view[words_key]
        if found is None:
            return False
        if not words.isdisjoint(found):
            return True
        for rarest, phrase in phrases:  # noqa: SIM110 - a generator would double the cost
            if rarest in found and phrase in view[line_key]:
                return True
        return False

    return holds


def _matches(leaf: Leaf) -> Predicate:
    key, search = UTF8 + leaf.field.name, compile_pattern(str(leaf.value)).search

    def holds(view: View) -> bool:
        text = view[key]
        return text is not None and search(text) is not None

    return holds


def _has_all(leaf: Leaf) -> Predicate:
    field, wanted = leaf.field.name, frozenset(_texts(leaf))

    def holds(view: View) -> bool:
        tags = view[field]
        return tags is not None and wanted <= tags

    return holds


def _compared(compare: Callable[[Any, Any], bool]) -> Callable[[Leaf], Predicate]:
    def build(leaf: Leaf) -> Predicate:
        field, wanted = leaf.field.key, typed_value(leaf, leaf.value)

        def holds(view: View) -> bool:
            value = view[field]
            return value is not None and compare(value, wanted)

        return holds

    return build


_BUILDERS: Final[Mapping[Op, Callable[[Leaf], Predicate]]] = {
    Op.PREFIX: _prefix,
    Op.CONTAINS_ANY: _contains_any,
    Op.MATCHES: _matches,
    Op.HAS_ALL: _has_all,
    Op.LT: _compared(operator.lt),
    Op.LTE: _compared(operator.le),
    Op.GT: _compared(operator.gt),
    Op.GTE: _compared(operator.ge),
}


def _key(leaf: Leaf) -> str:
    return FOLDED + leaf.field.name if leaf.field.type is FieldType.TEXT else leaf.field.key


def _texts(leaf: Leaf) -> tuple[str, ...]:
    return tuple(str(item) for item in leaf.value) if isinstance(leaf.value, tuple) else ()


def typed_value(leaf: Leaf, value: object) -> Any:
    """Return a value of a rule as facts would have it; texts folded."""
    match leaf.field.type:
        case FieldType.TEXT:
            return fold(str(value))
        case FieldType.DATE:
            return date.fromisoformat(str(value))
        case FieldType.DATETIME:
            return datetime.fromisoformat(str(value))
        case FieldType.PRIORITY:
            return Priority(str(value))
        case _:
            return value


def _folded(view: View, field: str) -> str | None:
    text = view[field]
    return None if text is None else fold(text)


def _split(view: View, field: str) -> list[str] | None:
    text = view[field]
    return None if text is None else words_of(fold(text))


def _line(view: View, field: str) -> str | None:
    words = view[SPLIT + field]
    return None if words is None else line_of(words)


def _words(view: View, field: str) -> frozenset[str] | None:
    words = view[SPLIT + field]
    return None if words is None else frozenset(words)


def _utf8(view: View, field: str) -> bytes | None:
    text = view[field]
    return None if text is None else text.encode(errors="replace")


def _reading(read: Callable[[str], Any]) -> Callable[[View, str], Any]:
    return lambda view, field: None if (text := view[field]) is None else read(text)


_FORMS: Final[Mapping[str, Callable[[View, str], Any]]] = {
    FOLDED: _folded,
    SPLIT: _split,
    LINE: _line,
    WORDS: _words,
    UTF8: _utf8,
    f"{FieldType.NUMBER}:": _reading(read_number),
    f"{FieldType.DATE}:": _reading(read_date),
    f"{FieldType.BOOL}:": _reading(read_bool),
}
