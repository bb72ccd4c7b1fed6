"""What is wrong with a rule, where (JSON Pointer, RFC 6901) and what to do about it."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: `pointer` leads from the rule to the offending or missing value."""

    pointer: str
    message: str


class InvalidRule(ValueError):  # noqa: N818 - what the document is, as the API answers it
    """A rule cannot be saved; `problems` holds every mistake found, in document order."""

    what: ClassVar[str] = "the rule has mistakes"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{p.pointer or '/'}: {p.message}" for p in problems))
        self.problems = tuple(problems)


@contextmanager
def problems_below(pointer: str) -> Iterator[None]:
    """Let the pointers of an InvalidRule of the block begin with `pointer`."""
    try:
        yield
    except InvalidRule as error:
        found = [Problem(pointer + each.pointer, each.message) for each in error.problems]
        raise InvalidRule(found) from None


@dataclass(slots=True)
class Problems:
    """Collects mistakes, so that an admin sees all of them at once."""

    found: list[Problem] = field(default_factory=list)

    def add(self, pointer: str, message: str) -> None:
        self.found.append(Problem(pointer, message))

    def unknown_keys(
        self, obj: dict[str, object], pointer: str, allowed: Collection[str], *, hint: str = ""
    ) -> None:
        """Report each key of `obj` that is not allowed, with the nearest that is."""
        for key in obj:
            if key not in allowed:
                self.add(below(pointer, key), f"unknown key{hint}{did_you_mean(key, allowed)}")

    def missing_keys(self, obj: dict[str, object], pointer: str, required: Collection[str]) -> None:
        for key in required:
            if key not in obj:
                self.add(below(pointer, key), "is missing")


def below(pointer: str, key: str | int) -> str:
    """Extend a pointer to a member or an item, escaped as RFC 6901 says."""
    return f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"


def did_you_mean(word: str, candidates: Collection[str]) -> str:
    """`; did you mean ...?` with the nearest candidate, or what there is to choose from."""
    if near := get_close_matches(word[:100], candidates, n=1):
        return f"; did you mean '{near[0]}'?"
    return f"; expected one of {', '.join(candidates)}"


def json_type(value: object) -> str:
    """Say what JSON calls a value, for messages."""
    names = {bool: "true or false", str: "a text", int: "a number", float: "a number"}
    names |= {list: "a list", dict: "an object", type(None): "null"}
    return names.get(type(value), type(value).__name__)
