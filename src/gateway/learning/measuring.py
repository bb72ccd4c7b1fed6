"""How good a model is, on messages that it has not learnt from. Pure."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway.learning.naive_bayes import Counts, Example, count, model_of

HELD_OUT: Final = 0.2
"""The share of the latest messages, which the model is measured on and does not learn from."""
FEWEST_HELD_OUT: Final = 50
_Z: Final = 1.96

Confusion = dict[str, dict[str, int]]
"""How many messages of a type (first) were suggested which (second); unknown is ''."""


@dataclass(frozen=True, slots=True)
class Measured:
    """`majority` is how often the most frequent type of the learnt messages would be right."""

    counts: Counts
    learnt: int
    held_out: int
    right: int
    majority_right: int
    confusion: Confusion


class TooLittle(Exception):  # noqa: N818 - says what is the case
    """There is too little to learn from; the message says what is missing."""


def learn(examples: Sequence[Example]) -> Measured:
    """Learn from the earlier examples, measure on the later; they come oldest first.

    Raises:
        TooLittle: there are too few, or all are of one type.
    """
    held_out = int(len(examples) * HELD_OUT)
    earlier, later = examples[: len(examples) - held_out], examples[len(examples) - held_out :]
    if held_out < FEWEST_HELD_OUT:
        needed = math.ceil(FEWEST_HELD_OUT / HELD_OUT)
        raise TooLittle(f"{len(examples)} conversations have a type, {needed} are needed")
    counts = count(earlier)
    if len(counts.cases) < 2:
        raise TooLittle("all conversations are of one type")
    model = model_of(counts, 0)
    [(majority, _)] = Counter(name for _, name in earlier).most_common(1)
    confusion: Confusion = {}
    for text, actual in later:
        suggested = model.suggest(text) or ""
        row = confusion.setdefault(actual, {})
        row[suggested] = row.get(suggested, 0) + 1
    return Measured(
        counts=counts,
        learnt=len(earlier),
        held_out=held_out,
        right=sum(row.get(actual, 0) for actual, row in confusion.items()),
        majority_right=sum(name == majority for _, name in later),
        confusion=confusion,
    )


def is_clearly_better(held_out: int, right: int, majority_right: int) -> bool:
    """Whether even the lower end of the accuracy's interval (Wilson, 95%) beats the majority."""
    if held_out < FEWEST_HELD_OUT:
        return False
    share, n = right / held_out, held_out
    centre = share + _Z**2 / (2 * n)
    spread = _Z * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    return (centre - spread) / (1 + _Z**2 / n) > majority_right / held_out
