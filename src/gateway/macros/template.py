"""Texts with variables: `Dear {{contact.name|customer}}`, with what stands there if it is unknown.

Pure, and linear in the length of the text. In HTML a variable may stand between tags alone, never
in one, and its value is escaped: nothing that it holds becomes markup.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Final

MOST_PLACEHOLDERS: Final = 100

_OPENING: Final = re.compile(r"\{\{")
_PLACEHOLDER: Final = re.compile(r"\{\{([^{}|]*)(?:\|([^{}]*))?\}\}")
_TAG: Final = re.compile(r"""<(?:"[^"]*"|'[^']*'|[^<>"'])*>""")

Mistake = tuple[int, str]
"""Where, counted in characters from 0, and what to do."""


@dataclass(frozen=True, slots=True)
class Placeholder:
    """Where a value goes; without one stands the fallback, or nothing where that is None."""

    name: str
    fallback: str | None


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text with its values in it. `missing` are the variables with neither value nor fallback."""

    text: str
    missing: frozenset[str]


@dataclass(frozen=True, slots=True)
class Template:
    """A text that has been read: words and places for values, in turn."""

    parts: tuple[str | Placeholder, ...]
    is_html: bool = False

    @property
    def names(self) -> frozenset[str]:
        return frozenset(part.name for part in self.parts if isinstance(part, Placeholder))

    def render(self, values: Mapping[str, str | None]) -> Rendered:
        """Put the values in; one that is None or empty is unknown."""
        missing: set[str] = set()
        written = escape if self.is_html else _as_it_is
        text = "".join(self._filled(values, written, missing))
        return Rendered(text, frozenset(missing))

    def _filled(
        self, values: Mapping[str, str | None], written: Callable[[str], str], missing: set[str]
    ) -> Iterator[str]:
        for part in self.parts:
            if isinstance(part, str):
                yield part
            elif value := values.get(part.name):
                yield written(value)
            elif part.fallback is None:
                missing.add(part.name)
            else:
                yield part.fallback


class InvalidTemplate(ValueError):  # noqa: N818 - says what is the case
    """The text cannot be read. `mistakes` are all that were found, in their order."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("the text has mistakes")
        self.mistakes = mistakes


def read_template(source: str, known: frozenset[str], *, is_html: bool = False) -> Template:
    """Read a text whose variables are all `known`; HTML must be safe already.

    Raises:
        InvalidTemplate: with every mistake.
    """
    found = {match.start(): match for match in _PLACEHOLDER.finditer(source)}
    mistakes = [*_unclosed(source, found), *_unknown(found, known)]
    if is_html:
        mistakes += _misplaced(source, found)
    if len(found) > MOST_PLACEHOLDERS:
        mistakes.append((0, f"has more than {MOST_PLACEHOLDERS} variables"))
    if mistakes:
        raise InvalidTemplate(sorted(mistakes))
    return Template(tuple(_parts(source, found)), is_html)


def _parts(source: str, found: Mapping[int, re.Match[str]]) -> Iterator[str | Placeholder]:
    end = 0
    for start, match in found.items():
        if start > end:
            yield source[end:start]
        fallback = match[2]
        yield Placeholder(match[1].strip(), None if fallback is None else fallback.strip())
        end = match.end()
    if end < len(source):
        yield source[end:]


def _unclosed(source: str, found: Mapping[int, re.Match[str]]) -> Iterator[Mistake]:
    """Double braces that begin no variable: whoever wrote them meant one."""
    ends = 0
    for opening in _OPENING.finditer(source):
        if opening.start() in found:
            ends = found[opening.start()].end()
        elif opening.start() >= ends:
            yield opening.start(), "'{{' begins a variable: write {{name}} or {{name|fallback}}"


def _unknown(found: Mapping[int, re.Match[str]], known: frozenset[str]) -> Iterator[Mistake]:
    for start, match in found.items():
        if match[1].strip() not in known:
            names = ", ".join(sorted(known))
            yield start, f"there is no variable {match[1].strip()!r}; known are: {names}"


def _misplaced(source: str, found: Mapping[int, re.Match[str]]) -> Iterator[Mistake]:
    for tag in _TAG.finditer(source):
        for opening in _OPENING.finditer(source, tag.start(), tag.end()):
            yield opening.start(), "a variable cannot stand inside a tag: put it between tags"
    for start, match in found.items():
        if "<" in (match[2] or ""):
            yield start, "a fallback is text without tags"


def _as_it_is(value: str) -> str:
    return value
