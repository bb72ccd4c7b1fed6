"""The operators of each type, and the checks of the values that rules give them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

import re2

from routing.facts import Existing, Field, FieldType
from routing.priority import Priority
from routing.problems import Problems, below, did_you_mean, json_type
from routing.readings import read_date
from routing.words import fold, words_of

MAX_TEXT: Final = 1_000
MAX_ITEMS: Final = 1_000
MAX_PATTERN: Final = 512
MAX_NUMBER: Final = 2**53 - 1
PATTERN_MEMORY: Final = 1 << 20


class Op(StrEnum):
    """An operator. Texts compare without regard to case, all else exactly."""

    EQUALS = "equals"
    ONE_OF = "one_of"
    PREFIX = "prefix"
    CONTAINS_ANY = "contains_any"
    MATCHES = "matches"
    HAS_ANY = "has_any"
    HAS_ALL = "has_all"
    LT = "lt"
    LTE = "lte"
    GT = "gt"
    GTE = "gte"
    IS = "is"
    IS_MISSING = "is_missing"


_EXACT = (Op.EQUALS, Op.ONE_OF)
_ORDERED = (Op.EQUALS, Op.LT, Op.LTE, Op.GT, Op.GTE)

OPERATORS: Final[Mapping[FieldType, tuple[Op, ...]]] = {
    FieldType.ENUM: (*_EXACT, Op.IS_MISSING),
    FieldType.ID: (*_EXACT, Op.IS_MISSING),
    FieldType.TEXT: (*_EXACT, Op.PREFIX, Op.CONTAINS_ANY, Op.MATCHES, Op.IS_MISSING),
    FieldType.SET: (Op.HAS_ANY, Op.HAS_ALL, Op.IS_MISSING),
    FieldType.NUMBER: (*_ORDERED, Op.IS_MISSING),
    FieldType.DURATION: (*_ORDERED, Op.IS_MISSING),
    FieldType.DATETIME: (*_ORDERED, Op.IS_MISSING),
    FieldType.DATE: (*_ORDERED, Op.IS_MISSING),
    FieldType.PRIORITY: (*_ORDERED, Op.ONE_OF, Op.IS_MISSING),
    FieldType.BOOL: (Op.IS, Op.IS_MISSING),
}

_COMPARED: Final = (Op.LT, Op.LTE, Op.GT, Op.GTE)


def operators_of(field: Field) -> tuple[Op, ...]:
    """The operators that a field has: an attribute those of all that it can be read as."""
    ops = OPERATORS[field.type]
    return (*ops, *_COMPARED, Op.IS) if field.is_attribute else ops


def reading(field: Field, op: Op, value: object) -> Field:
    """The field as a test sees it: an attribute is read as what it is compared with.

    A text that is no number, date or truth value is unknown to a test that reads it so.
    """
    if not field.is_attribute:
        return field
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if op is Op.IS:
        return replace(field, type=FieldType.BOOL)
    if is_number and op in _ORDERED:
        return replace(field, type=FieldType.NUMBER)
    return replace(field, type=FieldType.DATE) if op in _COMPARED else field


_LISTS: Final = frozenset({Op.ONE_OF, Op.CONTAINS_ANY, Op.HAS_ANY, Op.HAS_ALL})


@dataclass(frozen=True, slots=True)
class ValueChecker:
    """Checks the values of a rule and reports to `problems`; nothing is coerced."""

    existing: Existing
    problems: Problems

    def value(self, field: Field, op: Op, value: object, pointer: str) -> None:
        """Check the value of a condition against its field and operator."""
        if op in _LISTS:
            self.items(value, pointer, lambda item, at: self._item(field, op, item, at))
        elif op is Op.MATCHES:
            self._pattern(value, pointer)
        elif op is Op.PREFIX and value == "":
            self.problems.add(pointer, "must not be empty")
        else:
            self.scalar(field, value, pointer)

    def scalar(self, field: Field, value: object, pointer: str) -> None:
        """Check a single value of the field's type."""
        _SCALARS[field.type](self, field, value, pointer)

    def items(self, value: object, pointer: str, check: Callable[[object, str], None]) -> None:
        """Check a list of 1 to `MAX_ITEMS` values, each by `check`."""
        if not isinstance(value, list):
            self.problems.add(pointer, f"must be a list, not {json_type(value)}")
        elif not 0 < len(value) <= MAX_ITEMS:
            self.problems.add(pointer, f"must hold 1 to {MAX_ITEMS} values, not {len(value)}")
        else:
            for index, item in enumerate(value):
                check(item, below(pointer, index))

    def text(self, value: object, pointer: str, *, longest: int = MAX_TEXT) -> str | None:
        """Check a storable text; returns it if it is one."""
        if not isinstance(value, str):
            self.problems.add(pointer, f"must be a text, not {json_type(value)}")
        elif len(value) > longest:
            self.problems.add(pointer, f"must not be longer than {longest} characters")
        elif "\0" in value or not _is_utf8(value):
            self.problems.add(pointer, "must be valid Unicode without NUL")
        else:
            return value
        return None

    def label(self, value: object, pointer: str) -> None:
        """Check a name or tag: a text that is neither empty nor padded."""
        text = self.text(value, pointer, longest=200)
        if text is not None and (not text or text != text.strip()):
            self.problems.add(pointer, "must not be empty or begin or end with a space")

    def _item(self, field: Field, op: Op, value: object, pointer: str) -> None:
        if op is Op.CONTAINS_ANY:
            self._words(value, pointer)
        else:
            self.scalar(field, value, pointer)

    def _words(self, value: object, pointer: str) -> None:
        text = self.text(value, pointer, longest=200)
        if text is not None and not words_of(fold(text)):
            self.problems.add(pointer, "must hold a letter or digit: only words can be found")

    def _pattern(self, value: object, pointer: str) -> None:
        text = self.text(value, pointer, longest=MAX_PATTERN)
        if text is None:
            return
        try:
            compile_pattern(text)
        except re2.error as error:
            self.problems.add(pointer, f"is no pattern that RE2 accepts: {_reason(error)}")

    def _free_text(self, _field: Field, value: object, pointer: str) -> None:
        self.text(value, pointer)

    def _tag(self, _field: Field, value: object, pointer: str) -> None:
        self.label(value, pointer)

    def _choice(self, field: Field, value: object, pointer: str) -> None:
        text = self.text(value, pointer)
        if text is not None and text not in field.choices:
            self.problems.add(pointer, f"is no {field.name}{did_you_mean(text, field.choices)}")

    def _id(self, field: Field, value: object, pointer: str) -> None:
        self.label(value, pointer)
        if not isinstance(value, str):
            return
        if field.refers_to and value not in self.existing.get(field.refers_to, ()):
            what = field.refers_to.replace("_", " ")
            self.problems.add(pointer, f"dead reference: there is no such {what}")
        if field.shape and not field.shape.fullmatch(value):
            self.problems.add(pointer, f"must be {field.meaning}")

    def _number(self, _field: Field, value: object, pointer: str) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.problems.add(pointer, f"must be a number, not {json_type(value)}")
        elif not abs(value) <= MAX_NUMBER:
            self.problems.add(pointer, f"must be a number of at most {MAX_NUMBER}")

    def _seconds(self, field: Field, value: object, pointer: str) -> None:
        self._number(field, value, pointer)
        if isinstance(value, int | float) and value < 0:
            self.problems.add(pointer, "must be seconds, 0 or more")

    def _instant(self, _field: Field, value: object, pointer: str) -> None:
        if self.text(value, pointer, longest=40) is not None and not _is_instant(value):
            self.problems.add(
                pointer, "must be an instant with its offset, such as 2030-01-31T09:00:00Z"
            )

    def _date(self, _field: Field, value: object, pointer: str) -> None:
        if not isinstance(value, str) or read_date(value) is None:
            self.problems.add(pointer, "must be a number, or a date such as 2030-01-31")

    def _flag(self, _field: Field, value: object, pointer: str) -> None:
        if not isinstance(value, bool):
            self.problems.add(pointer, f"must be true or false, not {json_type(value)}")

    def _priority(self, _field: Field, value: object, pointer: str) -> None:
        text = self.text(value, pointer)
        names = [str(priority) for priority in Priority]
        if text is not None and text not in names:
            self.problems.add(pointer, f"is no priority{did_you_mean(text, names)}")


_SCALARS: Final[Mapping[FieldType, Callable[[ValueChecker, Field, object, str], None]]] = {
    FieldType.ENUM: ValueChecker._choice,  # noqa: SLF001 - a table of its own methods
    FieldType.ID: ValueChecker._id,  # noqa: SLF001
    FieldType.TEXT: ValueChecker._free_text,  # noqa: SLF001
    FieldType.SET: ValueChecker._tag,  # noqa: SLF001
    FieldType.NUMBER: ValueChecker._number,  # noqa: SLF001
    FieldType.DURATION: ValueChecker._seconds,  # noqa: SLF001
    FieldType.DATETIME: ValueChecker._instant,  # noqa: SLF001
    FieldType.DATE: ValueChecker._date,  # noqa: SLF001
    FieldType.BOOL: ValueChecker._flag,  # noqa: SLF001
    FieldType.PRIORITY: ValueChecker._priority,  # noqa: SLF001
}


def compile_pattern(pattern: str) -> re2._Regexp:
    """Make an automaton for UTF-8 bytes: linear in the text, bounded in memory.

    Raises:
        re2.error: RE2 does not accept it.

    """
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    options.max_mem = PATTERN_MEMORY
    return re2.compile(pattern.encode(), options)


def _reason(error: re2.error) -> str:
    reason = error.args[0] if error.args else "unknown"
    return reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_instant(value: object) -> bool:
    try:
        return datetime.fromisoformat(str(value)).utcoffset() is not None
    except ValueError:
        return False
