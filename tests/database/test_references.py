"""References that no foreign key keeps: deleting follows them, and nothing leads astray."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from tests.database.followed import followed
from tests.house import House

TRIGGERS = """
SELECT encode(tgargs, 'escape'), tgrelid::regclass::text FROM pg_trigger
 WHERE tgfoid = 'follow_deletion'::regproc
"""


async def a_message(house: House) -> None:
    assert (await house.post_form(message="Where is it?")).status_code == 201


async def delete(house: House, statement: str, **values: Any) -> None:
    async with house.gateway.database.transaction() as session:
        await session.execute(text(statement), values)


async def test_a_trigger_follows_every_reference_of_the_models(house: House) -> None:
    found = {(*row[0].split("\\000")[:3], row[1]) for row in await house.rows(TRIGGERS)}
    named = {
        (each.table, each.column, "CASCADE" if each.cascade else "RESTRICT", each.target)
        for each in followed()
    }
    assert found == named
    assert len(named) >= 9


async def test_a_deleted_conversation_takes_along_what_hangs_on_it(house: House) -> None:
    await a_message(house)
    other = await house.another_team("other")
    assert (await house.post_form(team=other)).status_code == 201
    workspace_id = house.team.workspace_id
    await delete(
        house,
        "DELETE FROM conversation WHERE workspace_id = :workspace_id",
        workspace_id=workspace_id,
    )
    for table in ("message", "raw_payload", "queue_entry", "decision"):
        left = await house.rows(f"SELECT workspace_id FROM {table}")  # noqa: S608
        assert [row[0] for row in left] == [other.workspace_id], table
    for each in followed():
        assert await house.rows(each.astray) == [], each


@pytest.mark.parametrize("table", ["contact", "identity", "channel", "queue"])
async def test_what_is_referred_to_cannot_be_deleted(house: House, table: str) -> None:
    await a_message(house)
    named = {
        "contact": "SELECT contact_id FROM identity",
        "identity": "SELECT identity_id FROM conversation",
        "channel": "SELECT channel_id FROM conversation",
        "queue": "SELECT queue_id FROM queue_entry",
    }
    with pytest.raises(IntegrityError, match=f"{table} is still referred to by"):
        await delete(house, f"DELETE FROM {table} WHERE id IN ({named[table]})")  # noqa: S608
