"""Cutting a long text into messages that a provider takes, where a reader would pause."""

import re
import unicodedata
from dataclasses import dataclass

_PAUSES = (
    re.compile(r"\n\s*\n"),
    re.compile(r"\n"),
    re.compile(r"(?<=[.!?…])\s|(?<=[。！？])"),  # noqa: RUF001
    re.compile(r"\s"),
)
_JOINED = 32
"""No more characters than that are kept together as one sign, such as an emoji of a family."""


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a text: Python's indices, that is, characters of Unicode."""

    start: int
    end: int


def split(text: str, limit: int) -> tuple[Span, ...]:
    """Return the parts of a text, in order, of at most `limit` 16-bit units each.

    It is cut between paragraphs, else lines, sentences, or words, in the latter half of what fits;
    where there is no blank at all, between signs. Blanks around a cut belong to no part. A text
    that fits, and one of blanks alone, is one part. `limit` is at least 100.
    """
    if _units(text) <= limit:
        return (Span(0, len(text)),)
    spans = []
    start = _skipped(text, 0)
    while start < len(text):
        end = _end(text, start, limit)
        trimmed = start + len(text[start:end].rstrip())
        if trimmed > start:
            spans.append(Span(start, trimmed))
        start = _skipped(text, end)
    return tuple(spans) or (Span(0, min(len(text), limit // 2)),)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _skipped(text: str, start: int) -> int:
    while start < len(text) and text[start].isspace():
        start += 1
    return start


def _end(text: str, start: int, limit: int) -> int:
    """Where the part that begins at `start` ends."""
    window = text[start : start + limit]
    units = _units(window)
    while units > limit:
        window = window[: len(window) - (units - limit + 1) // 2]
        units = _units(window)
    if start + len(window) == len(text):
        return len(text)
    for pause in _PAUSES:
        cuts = [found.end() for found in pause.finditer(window, len(window) // 2)]
        if cuts:
            return start + cuts[-1]
    return start + _whole_signs(text, start, len(window))


def _whole_signs(text: str, start: int, length: int) -> int:
    """Shorten a hard cut so that it takes no accent or joiner from its sign."""
    for shorter in range(length, max(length - _JOINED, 0), -1):
        after = text[start + shorter]
        before = text[start + shorter - 1]
        if not (_is_joined(after) or before == "\u200d"):
            return shorter
    return length


def _is_joined(character: str) -> bool:
    return (
        unicodedata.combining(character) != 0
        or character in "\u200d\ufe0e\ufe0f"
        or "\U0001f3fb" <= character <= "\U0001f3ff"
    )
