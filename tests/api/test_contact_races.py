"""Two changes of the same contact at once, the second begun while the first holds its locks."""

import asyncio
from collections.abc import Coroutine
from typing import Any
from uuid import UUID

from sqlalchemy import text
from tests.api.team import Team, mail_of
from tests.api.test_contacts import ADDRESS, CANARY, forget_spare_blobs, mail_with_canary, places_of

from gateway.contacts import changing

OTHER = "other@customer.test"
Request = Coroutine[Any, Any, Any]


async def in_turn(team: Team, *requests: Request) -> list[Any]:
    """Each begins when the one before it has done all but its events, for which it must wait."""
    tasks = []
    async with team.gateway.database.transaction() as session:
        await session.execute(text("SELECT FROM feed_head FOR UPDATE"))
        for request in requests:
            tasks.append(asyncio.create_task(request))
            await waiting(team, len(tasks))
    return await asyncio.gather(*tasks)


async def waiting(team: Team, number: int) -> None:
    """Return when so many transactions wait for locks."""
    while True:
        [[found]] = await team.sql(
            """SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock'"""
        )
        if found >= number:
            return
        await asyncio.sleep(0.01)


async def contact_of(team: Team, raw: bytes) -> str:
    return str((await conversation_of(team, raw))["contact"]["id"])


async def conversation_of(team: Team, raw: bytes) -> Any:
    return await team.conversation_of((await team.mail(raw))["message"])


def merging(team: Team, contact: str, other: str) -> Request:
    return team.ask("POST", f"/v1/contacts/{contact}/merge", {"contact": other})


def erasing(team: Team, contact: str) -> Request:
    return team.ask("DELETE", f"/v1/contacts/{contact}")


async def test_erasing_takes_what_a_merge_is_just_bringing(team: Team) -> None:
    kept = await contact_of(team, mail_of(sender=OTHER))
    other = await contact_of(team, mail_with_canary())
    await in_turn(team, merging(team, kept, other), erasing(team, kept))
    await forget_spare_blobs(team)
    assert await places_of(team, CANARY) == set()


async def test_erasing_follows_what_is_just_moved_to_another_conversation(team: Team) -> None:
    target = await conversation_of(team, mail_of("Mine", sender=OTHER))
    source = await conversation_of(team, mail_with_canary())
    moving = team.ask("POST", f"/v1/conversations/{source['id']}/merge", {"into": target["id"]})
    await in_turn(team, moving, erasing(team, source["contact"]["id"]))
    await forget_spare_blobs(team)
    assert await places_of(team, CANARY) == set()


async def test_a_merge_hands_on_what_another_is_just_bringing(team: Team) -> None:
    first, second, third = [
        await contact_of(team, mail_of(sender=f"{name}@customer.test")) for name in "abc"
    ]
    await in_turn(team, merging(team, first, second), merging(team, third, first))
    assert len((await team.get(f"/v1/contacts/{third}"))["identities"]) == 3


async def test_erasing_takes_an_address_that_is_just_added(team: Team) -> None:
    contact = await contact_of(team, mail_of(sender=OTHER))
    async with team.gateway.database.transaction() as session:
        await changing.add_identity(
            session, team.workspace_id, UUID(contact), space="email", address=ADDRESS
        )
        request = asyncio.create_task(erasing(team, contact))
        await waiting(team, 1)
    await request
    assert await places_of(team, CANARY) == set()
