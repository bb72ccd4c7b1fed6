"""Lengths in classes, each a tenth longer than the one before: days add up, percentiles stay known.

Within a class the lengths differ by a tenth; what is said of one is 4.8 % off at most
(docs/decisions/0060; the idea is that of DDSketch, Masson and others, VLDB 2019).
"""

from collections.abc import Mapping
from typing import Final

GROWTH: Final = 1.1


def length_of(bucket: int) -> float:
    """Seconds that stand for a class."""
    return 2 * GROWTH ** (bucket - 1) / (1 + GROWTH) if bucket > 1 else 1.0


def percentile(counts: Mapping[int, int], share: float) -> float | None:
    """The length that `share` of the cases do not exceed, by the nearest rank; None of none."""
    total = sum(counts.values())
    passed = 0
    for bucket in sorted(counts):
        passed += counts[bucket]
        if passed >= share * total and passed:
            return length_of(bucket)
    return None
