"""How fast a channel may send: a bucket of tokens in the database, which all workers share."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from gateway.configuration import ConfiguredChannel

MAX_PER_SECOND = "max_per_second"
MAX_PER_MINUTE = "max_per_minute"
WINDOWS_S = {MAX_PER_SECOND: 1.0, MAX_PER_MINUTE: 60.0}
FASTEST = 1_000.0
"""The largest limit there is: what sends more is not limited."""


@dataclass(frozen=True, slots=True)
class Pace:
    """A bucket of `burst` tokens that gets one every `interval_s` seconds; a try costs one."""

    interval_s: float
    burst: int

    @classmethod
    def of(cls, limit: float, window_s: float) -> "Pace":
        """Return the bucket by which no window holds more than `limit` tries.

        A window sees at most what the bucket holds and what flows in meanwhile, so a tenth of the
        limit may come at once and the rest flows evenly.
        """
        at_once = int(limit / 10)
        return cls(window_s / (limit - at_once), 1 + at_once)


NO_PACES: Mapping[UUID, Pace] = {}


def paces_of(channels: Iterable[ConfiguredChannel]) -> dict[UUID, Pace]:
    """Return the paces of those channels that have a limit."""
    paces = {channel.config.id: pace_of(channel.config.settings) for channel in channels}
    return {id_: pace for id_, pace in paces.items() if pace is not None}


def pace_of(settings: Mapping[str, str]) -> Pace | None:
    """Return the pace that keeps to all of a channel's limits; None if it has none."""
    paces = [
        Pace.of(limit, window_s)
        for name, window_s in WINDOWS_S.items()
        if (limit := limit_of(settings.get(name, ""))) is not None
    ]
    if not paces:
        return None
    return Pace(max(each.interval_s for each in paces), min(each.burst for each in paces))


def limit_of(text: str) -> float | None:
    """Read a limit: a number above 0 and up to `FASTEST`; None if it is none."""
    try:
        limit = float(text)
    except ValueError:
        return None
    return limit if 0 < limit <= FASTEST else None
