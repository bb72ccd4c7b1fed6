"""Two changes of the same contact at once, the second begun while the first holds its locks."""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from tests.api.team import NOTHING, Team, mail_of
from tests.api.test_contacts import ADDRESS, CANARY, forget_spare_blobs, mail_with_canary, places_of

from gateway.contacts import changing
from gateway.database.schema import Contact, Identity
from gateway.ids import new_id

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


async def test_erasing_waits_for_mail_that_comes_in_and_stands_in_no_circle(team: Team) -> None:
    contact = await contact_of(team, mail_with_canary())
    async with team.gateway.database.transaction() as ingest:
        await ingest.execute(text("SELECT FROM thread_ref FOR UPDATE"))
        task = asyncio.create_task(erasing(team, contact))
        await waiting(team, 1)
        await ingest.execute(text("SELECT FROM conversation FOR NO KEY UPDATE NOWAIT"))
    assert (await task)["conversations"] == 1


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


async def test_an_address_that_is_just_coming_in_is_waited_for_with_nothing_locked(
    team: Team,
) -> None:
    """Ingest locks identities, then contacts: whoever does it the other way waits in a circle."""
    contact = await contact_of(team, mail_of(sender=OTHER))
    path, body = f"/v1/contacts/{contact}/identities", {"space": "email", "address": ADDRESS}
    async with team.gateway.database.transaction() as session:
        await arrive(session, team.workspace_id, ADDRESS)
        adding = asyncio.create_task(team.call("POST", path, body))
        await waiting(team, 1)
        await session.get(Contact, (team.workspace_id, UUID(contact)), with_for_update=True)
    assert (await adding).status_code == 409


async def arrive(session: AsyncSession, workspace_id: int, address: str) -> None:
    """What ingest does first with a mail of somebody unknown."""
    owner, now = new_id(), datetime.now(UTC)
    session.add(Contact(workspace_id=workspace_id, id=owner))
    await session.flush()
    key = {"workspace_id": workspace_id, "id": new_id(), "space": "email", "address": address}
    session.add(Identity(**key, contact_id=owner, last_seen_at=now))
    await session.flush()


async def test_addresses_are_added_at_once(team: Team) -> None:
    contact = await contact_of(team, mail_of(sender=OTHER))
    path = f"/v1/contacts/{contact}/identities"
    bodies = [{"space": "email", "address": f"{n}@customer.test"} for n in range(8)]
    await asyncio.gather(*(team.ask("POST", path, body) for body in bodies))
    assert len((await team.get(f"/v1/contacts/{contact}"))["identities"]) == 9


async def test_an_address_for_nobody_or_one_just_erased_is_refused(team: Team) -> None:
    contact = await contact_of(team, mail_of(sender=OTHER))
    body = {"space": "email", "address": ADDRESS}
    nobody = await team.call("POST", f"/v1/contacts/{NOTHING}/identities", body)
    assert nobody.status_code == 404
    adding = team.call("POST", f"/v1/contacts/{contact}/identities", body)
    _, late = await in_turn(team, erasing(team, contact), adding)
    assert late.status_code == 409
    assert await team.sql("SELECT 1 FROM identity") == []
