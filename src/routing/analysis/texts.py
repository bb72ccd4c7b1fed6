"""What a text can be, as variables of a formula, and a text that is so."""

from collections.abc import Iterable, Iterator
from typing import Final

import re2

from routing.analysis.atoms import Model
from routing.analysis.formula import Formula, Ladder
from routing.conditions import Leaf
from routing.facts import FactValue, Field
from routing.operators import Op, compile_pattern
from routing.words import fold, line_of, words_of

_FILLERS: Final = "xqzjkvwyabcdefghilmnoprstu0123456789" + "".join(map(chr, range(0x430, 0x450)))


class Text:
    """A text: equal to something, beginning with something, holding words and phrases.

    Only patterns are left open: their variables may have either value, so that a proof still holds,
    but a model may be no text.
    """

    def __init__(self, formula: Formula, _field: Field) -> None:
        self.known = formula.new()
        self._formula = formula
        self._ladder = Ladder(formula)
        self._equal: dict[str, int] = {}
        self._prefix: dict[str, int] = {}
        self._line: dict[str, int] = {}
        self._pattern: dict[str, int] = {}
        self._written: dict[int, str] = {}
        self._holders: dict[str, list[int]] = {}

    def holds(self, leaf: Leaf) -> int:
        values = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
        variable = {
            Op.PREFIX: self._begins,
            Op.CONTAINS_ANY: self._contains,
            Op.MATCHES: self._matches,
        }.get(leaf.op, self._equals)
        return self._formula.some(list(dict.fromkeys(variable(str(value)) for value in values)))

    def _new(self, table: dict[str, int], key: str, written: str) -> int:
        is_equality = table is self._equal
        table[key] = variable = self._ladder.further() if is_equality else self._formula.new()
        self._written[variable] = written
        self._formula.add(-variable, self.known)
        return variable

    def _equals(self, text: str) -> int:
        folded = fold(text)
        if folded in self._equal:
            return self._equal[folded]
        variable = self._new(self._equal, folded, text)
        for prefix, at in self._prefix.items():
            self._settle(variable, at, holds=folded.startswith(prefix))
        spaced = line_of(words_of(folded))
        for line, at in self._line.items():
            self._settle(variable, at, holds=line in spaced)
        return variable

    def _settle(self, variable: int, other: int, *, holds: bool) -> None:
        self._formula.add(-variable, other if holds else -other)

    def _begins(self, text: str) -> int:
        folded = fold(text)
        if folded in self._prefix:
            return self._prefix[folded]
        others = list(self._prefix.items())
        variable = self._new(self._prefix, folded, text)
        for other, at in others:
            if folded.startswith(other):
                self._formula.add(-variable, at)
            elif other.startswith(folded):
                self._formula.add(-at, variable)
            else:
                self._formula.add(-variable, -at)
        for value, at in self._equal.items():
            self._settle(at, variable, holds=value.startswith(folded))
        spaced = _complete_words(folded)
        for line, at in self._line.items():
            if line in spaced:
                self._formula.add(-variable, at)
        return variable

    def _contains(self, text: str) -> int:
        words = words_of(fold(text))
        line = line_of(words)
        if line in self._line:
            return self._line[line]
        variable = self._new(self._line, line, text)
        for part in _parts(words):
            self._holders.setdefault(part, []).append(variable)
            self._formula.add(-variable, self._line.get(part, self._formula.true))
        for holder in self._holders[line]:
            self._formula.add(-holder, variable)
        for value, at in self._equal.items():
            self._settle(at, variable, holds=line in line_of(words_of(value)))
        beginnings = [at for prefix, at in self._prefix.items() if line in _complete_words(prefix)]
        for at in beginnings:
            self._formula.add(-at, variable)
        return variable

    def _matches(self, pattern: str) -> int:
        if pattern not in self._pattern:
            self._new(self._pattern, pattern, pattern)
        return self._pattern[pattern]

    def value(self, model: Model) -> FactValue | None:
        """Return the text with its parts set apart by a word that no rule asks for."""
        return self._text(model, plain=False)

    def plain_value(self, model: Model) -> FactValue | None:
        """Return the text as somebody could write it, which may hold more phrases than meant."""
        return self._text(model, plain=True)

    def _text(self, model: Model, *, plain: bool) -> str | None:
        if self.known not in model:
            return None
        if equal := [at for at in self._equal.values() if at in model]:
            return self._written[equal[0]]
        begin = max((key for key, at in self._prefix.items() if at in model), key=len, default="")
        parts = self._keywords(model, _complete_words(begin)) + self._samples(model)
        filler = self._filler()
        if not plain:
            return f" {filler} ".join([f"{begin}{filler}", *parts])
        start = self._written[self._prefix[begin]] if begin else ""
        return " ".join([start.strip(), *parts]).strip() or filler

    def _keywords(self, model: Model, there: str) -> list[str]:
        """Return the words and phrases to hold, without those that others hold."""
        lines = [line for line, at in self._line.items() if at in model and line not in there]
        needed = [line for line in lines if sum(line in other for other in lines) == 1]
        return [self._written[self._line[line]] for line in needed]

    def _samples(self, model: Model) -> list[str]:
        wanted = (pattern for pattern, at in self._pattern.items() if at in model)
        return [sample for pattern in wanted if (sample := _sample(pattern))]

    def _filler(self) -> str:
        used = set().union(*self._equal, *self._prefix, *self._line)
        return next((letter for letter in _FILLERS if letter not in used), "x")


def _complete_words(prefix: str) -> str:
    """Return, as a line, the words that every text has that begins so: the last may go on."""
    return line_of(words_of(f"{prefix}x")[:-1])


def _parts(words: list[str]) -> Iterator[str]:
    for begin in range(len(words)):
        for end in range(begin + 1, len(words) + 1):
            yield line_of(words[begin:end])


def _sample(pattern: str) -> str | None:
    """Return a text that the pattern matches, if it is simple enough to be read off it."""
    return next((text for text in _guesses(pattern) if _fits(pattern, text)), None)


def _fits(pattern: str, text: str) -> bool:
    try:
        return compile_pattern(pattern).search(text.encode()) is not None
    except re2.error:
        return False


def _guesses(pattern: str) -> Iterable[str]:
    yield pattern
    plain = pattern.replace("(?i)", "")
    for written, meant in ((r"\d", "1"), (r"\w", "a"), (r"\s", " "), (r"\b", "")):
        plain = plain.replace(written, meant)
    yield plain.translate({ord(sign): None for sign in "^$()+*?\\"})
