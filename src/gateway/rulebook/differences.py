"""What differs between two lists of rules, or of test cases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Changed:
    """What was under a key before and is there now."""

    key: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Differences:
    """By key: what is there alone on one side, and what is on both, unequal."""

    added: list[Mapping[str, Any]]
    removed: list[Mapping[str, Any]]
    changed: list[Changed]


def between(
    before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]], key: str
) -> Differences:
    """Compare documents that have a unique `key` each; in the order of `after`."""
    old = {each[key]: each for each in before}
    new = {each[key]: each for each in after}
    return Differences(
        added=[each for name, each in new.items() if name not in old],
        removed=[each for name, each in old.items() if name not in new],
        changed=[
            Changed(name, old[name], each)
            for name, each in new.items()
            if name in old and old[name] != each
        ],
    )
