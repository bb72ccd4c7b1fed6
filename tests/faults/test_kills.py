"""Kill any process at any moment: what was answered is there, exactly once.

`SPORTELLO_FAULT_ROUNDS` says how many kills, `SPORTELLO_FAULT_SEED` repeats a sequence of them.
"""

import asyncio
import os
import secrets
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from random import Random
from uuid import uuid4

import pytest
from tests.faults.crowd import Crowd, crowd_around
from tests.faults.installation import Installation, embedded, with_own_database
from tests.faults.killer import Killer

SHORT_FORM = "2"
ROUND_LIMIT_S = 120
CALM_LIMIT_S = 240

Variant = Callable[[Path], AbstractAsyncContextManager[Installation]]


@pytest.fixture
def rounds() -> int:
    return int(os.environ.get("SPORTELLO_FAULT_ROUNDS", SHORT_FORM))


@pytest.fixture
def seed() -> int:
    return int(os.environ.get("SPORTELLO_FAULT_SEED") or secrets.randbelow(1_000_000))


@pytest.fixture
def place(open_folder: Path) -> Path:
    place = open_folder / f"faults-{uuid4().hex}"
    place.mkdir(mode=0o755)
    return place


@pytest.mark.faults
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("variant", [embedded, with_own_database])
async def test_what_was_answered_survives_every_kill(
    variant: Variant, place: Path, seed: int, rounds: int
) -> None:
    story: list[str] = []
    try:
        async with asyncio.timeout(CALM_LIMIT_S + rounds * ROUND_LIMIT_S), variant(place) as ours:
            await live_through(ours, seed, rounds, story)
    except BaseException as error:
        error.add_note(f"SPORTELLO_FAULT_SEED={seed}; kills: {', '.join(story) or 'none'}")
        raise


async def live_through(
    installation: Installation, seed: int, rounds: int, story: list[str]
) -> None:
    chance = partial(chance_of, seed)
    killer = Killer(installation, chance("killer"))
    async with crowd_around(installation, chance) as crowd, asyncio.TaskGroup() as group:
        await crowd.come(group)
        await crowd.until_served()
        for number in range(1, rounds + 1):
            story.append(f"{number} {(victim := killer.choose())}")
            await one_round(killer, victim, crowd)
            await installation.until_open(installation.fronts)
            say(f"seed {seed}, round {story[-1]}: {dict(crowd.progress())}")
        await crowd.rest()
        await crowd.audit_at_rest()
        crowd.leave()


async def one_round(killer: Killer, victim: str, crowd: Crowd) -> None:
    crowd.trouble_providers()
    await killer.strike(victim)
    await crowd.until_served()
    await crowd.audit()


def chance_of(seed: int, name: str) -> Random:
    return Random(f"{seed} {name}")


def say(line: str) -> None:
    print(line)  # noqa: T201 - shown with a failure, and in the long form
