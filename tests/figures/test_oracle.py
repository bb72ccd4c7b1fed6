"""Every figure equals that of another engine, over histories by chance.

`FIGURE_CONVERSATIONS=100000` makes them as many; by default they are few.
"""

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from tests.api.team import Team
from tests.figures.counted import OFFICE, count
from tests.figures.generated import generated
from tests.figures.histories import write
from tests.figures.oracle import IN_TIME, KEYS, Sum, consult

from gateway.database.connections import fetch_in
from gateway.figures.definitions import DEFINITIONS
from gateway.figures.reading import Asked, Clock, Reading, read

NUMBER = int(os.environ.get("FIGURE_CONVERSATIONS", "150"))
PAGE = max(50, NUMBER // 5)
PERIODS = (
    (date(2026, 3, 1), date(2027, 1, 1)),
    (date(2026, 3, 27), date(2026, 3, 31)),
    (date(2026, 4, 6), date(2026, 4, 7)),
)
CLOCKS: tuple[Clock, ...] = ("wall", "business")
WORST = 0.048
Key = tuple[str, str]
"""Of a figure, and of a group."""


async def counted(team: Team, dimension: str, asked: Asked) -> dict[Key, Reading]:
    """What has cases."""
    shown = [
        each for each in DEFINITIONS.values() if not (each.kind == "level" and dimension in IN_TIME)
    ]
    async with team.gateway.database.transaction() as session:
        readings = await read(await fetch_in(session), team.workspace_id, shown, asked)
    return {
        (figure, key): now
        for figure, groups in readings.items()
        for key, (now, _) in groups.items()
        if now.cases
    }


def differences(
    ours: dict[tuple[str, str], Reading], theirs: dict[tuple[str, str], Sum]
) -> Iterator[str]:
    for key in ours.keys() ^ theirs.keys():
        yield f"{key}: {ours.get(key)} {theirs.get(key)}"
    for key in ours.keys() & theirs.keys():
        reading, (cases, hits, seconds, median, ninth) = ours[key], theirs[key]
        told_hits = reading.hits - reading.against
        if (reading.cases, told_hits, reading.seconds) != (cases, hits, seconds):
            yield f"{key}: {reading} {theirs[key]}"
        for share, exact in ((0.5, median), (0.9, ninth)):
            told = reading.percentile(share)
            if exact is not None and (
                told is None or abs(told - max(exact, 1)) > WORST * max(exact, 1)
            ):
                yield f"{key}: {told} for {exact}"


@pytest.mark.timeout(7_200)
async def test_every_figure_is_that_of_the_oracle(team: Team, tmp_path: Path) -> None:
    await team.ask("POST", "/v1/calendars", OFFICE)
    await write(team, generated(team, NUMBER, seed=NUMBER))
    await count(team, PAGE)
    oracle = await consult(team, tmp_path)
    for since, until in PERIODS:
        for clock in CLOCKS:
            for dimension in KEYS:
                by = None if dimension == "all" else dimension
                asked = Asked(since=since, until=until, clock=clock, zone="Europe/Rome", by=by)
                ours = await counted(team, dimension, asked)
                theirs = oracle.sums(dimension, clock, since, until)
                assert list(differences(ours, theirs)) == [], (since, clock, dimension)
