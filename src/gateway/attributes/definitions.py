"""What an attribute may hold. Pure.

Values are kept as texts in one form each (`42`, `true`, `2026-01-31`), so that what is defined
later, or no more, can still be read.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from gateway.database.schema.attributes import AttributeType, Subject
from routing.problems import below

Given = str | int | float | bool | None
"""A value as JSON has it; None takes it away."""
Read = str | int | float | bool
"""A value of its type: a date and a choice are texts."""
Mistakes = list[tuple[str, str]]

LONGEST: Final = 2_000
LONGEST_NUMBER: Final = 40

_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,30}(?:\.[0-9]{1,10})?")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8}")
_TRUE: Final = frozenset({"true", "yes", "on", "1", "sì", "si"})
_FALSE: Final = frozenset({"false", "no", "off", "0", ""})


class Unfit(ValueError):  # noqa: N818 - says what is the case
    """A value is none of its attribute's; the text says what it must be."""


@dataclass(frozen=True, slots=True)
class Definition:
    """An attribute: whose it is, and what it may be. `options` are those of a choice."""

    name: str
    subject: Subject
    type: AttributeType
    options: tuple[str, ...] = ()

    def kept(self, value: str | float | bool) -> str:
        """Return the text that is kept of a value.

        Raises:
            Unfit: it is none of this type.
        """
        return _KEEPERS[self.type](self, value)

    def read(self, kept: str) -> Read | None:
        """Return what a kept text says; None where it was kept before it was defined so."""
        try:
            text = self.kept(kept)
        except Unfit:
            return None
        if self.type == "bool":
            return text == "true"
        if self.type == "number":
            return float(text) if "." in text else int(text)
        return text


Definitions = Mapping[str, Definition]


def _text(_definition: Definition, value: Given) -> str:
    if not isinstance(value, str) or len(value) > LONGEST:
        raise Unfit(f"must be a text of at most {LONGEST} characters")
    return value


def _number(_definition: Definition, value: Given) -> str:
    """Whole numbers and decimals; no exponents, so that all of them can be compared exactly."""
    written = "" if isinstance(value, bool) else str(value).strip()
    if not _NUMBER.fullmatch(written):
        raise Unfit("must be a number, such as 42 or 1.5")
    whole, _, rest = written.lstrip("+").partition(".")
    rest = rest.rstrip("0")
    sign = "-" if whole.startswith("-") else ""
    digits = whole.lstrip("-").lstrip("0") or "0"
    if digits == "0" and not rest:
        return "0"
    return f"{sign}{digits}.{rest}" if rest else f"{sign}{digits}"


def _bool(_definition: Definition, value: Given) -> str:
    word = str(value).strip().lower()
    if word in _TRUE:
        return "true"
    if word in _FALSE:
        return "false"
    raise Unfit("must be true or false")


def _date(_definition: Definition, value: Given) -> str:
    written = str(value).strip()
    try:
        return date.fromisoformat(written if _DATE.fullmatch(written) else "").isoformat()
    except ValueError:
        raise Unfit("must be a date, such as 2026-01-31") from None


def _choice(definition: Definition, value: Given) -> str:
    if not isinstance(value, str) or value not in definition.options:
        raise Unfit(f"must be one of: {', '.join(definition.options)}")
    return value


_KEEPERS: Final[Mapping[AttributeType, Callable[[Definition, Given], str]]] = {
    "text": _text,
    "number": _number,
    "bool": _bool,
    "date": _date,
    "choice": _choice,
}


def kept_values(
    given: Mapping[str, Given], definitions: Definitions, subject: Subject, pointer: str
) -> tuple[dict[str, str | None], Mistakes]:
    """Return values as they are kept, None for those to take away, and every mistake.

    Names that nobody has defined hold texts: of contacts, since forms bring what they like.
    """
    kept: dict[str, str | None] = {}
    mistakes: Mistakes = []
    for name, value in given.items():
        try:
            kept[name] = None if value is None else _kept(name, value, definitions, subject)
        except Unfit as error:
            mistakes.append((below(pointer, name), str(error)))
    return kept, mistakes


def _kept(name: str, value: str | float | bool, definitions: Definitions, subject: Subject) -> str:
    definition = definitions.get(name)
    if definition is None and subject == "conversation":
        raise Unfit("is no attribute of conversations: define it first (POST /v1/attributes)")
    if definition is not None and definition.subject != subject:
        raise Unfit(f"is an attribute of the {definition.subject}")
    return (definition or Definition(name, subject, "text")).kept(value)


def of_subject(
    values: Mapping[str, str], definitions: Definitions, subject: Subject
) -> Iterator[tuple[str, str]]:
    """The values that are defined for a subject and fit, as they are kept."""
    for name, value in values.items():
        definition = definitions.get(name)
        if definition is not None and definition.subject == subject:
            yield name, definition.kept(value)


def shown(values: Mapping[str, str], definitions: Definitions) -> dict[str, Read]:
    """Values by their types; what is not defined, or kept from before, is a text."""
    return {name: _shown(value, definitions.get(name)) for name, value in values.items()}


def _shown(value: str, definition: Definition | None) -> Read:
    read = definition.read(value) if definition else None
    return value if read is None else read
