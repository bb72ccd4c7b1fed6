"""Arrivals by chance: rates over the day, times of exponential or other kinds, all by a seed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import log
from random import Random


class Spread(StrEnum):
    """How times spread about their mean: not at all, memoryless, or mostly short with a long tail.

    LOGNORMAL has a standard deviation as large as its mean.
    """

    CONSTANT = "constant"
    EXPONENTIAL = "exponential"
    LOGNORMAL = "lognormal"


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time that varies."""

    mean: timedelta
    spread: Spread = Spread.EXPONENTIAL

    def draw(self, random: Random) -> timedelta:
        if self.spread is Spread.CONSTANT:
            return self.mean
        if self.spread is Spread.EXPONENTIAL:
            return self.mean * random.expovariate(1.0)
        return self.mean * random.lognormvariate(-log(2) / 2, log(2) ** 0.5)


@dataclass(frozen=True, slots=True)
class Rate:
    """So many arrivals an hour on average, from an instant until the next rate's."""

    since: datetime
    per_hour: float


def poisson(rates: Sequence[Rate], until: datetime, random: Random) -> Iterator[datetime]:
    """Independent arrivals by rates that come by time; none before the first."""
    ends = [rate.since for rate in rates[1:]] + [until]
    for rate, end in zip(rates, ends, strict=True):
        at = rate.since
        while rate.per_hour > 0:
            at += timedelta(hours=random.expovariate(rate.per_hour))
            if at >= min(end, until):
                break
            yield at
