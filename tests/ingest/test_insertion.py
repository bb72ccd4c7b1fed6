"""New rows come out as they went in, whether they are few or many."""

from datetime import UTC, datetime
from itertools import cycle

import pytest

from gateway.database.connections import Database
from gateway.ids import new_id
from gateway.ingest.insertion import COPIED_FROM, insert

COLUMNS = {
    "conversation": (
        "workspace_id, id, channel_id, identity_id, subject, status, queue_id, priority, tags, "
        "version, message_count, opened_at, last_message_at"
    ),
    "queue_entry": "workspace_id, conversation_id, id, queue_id, queued_at, effective_at",
}
NOW = datetime(2030, 1, 31, 9, tzinfo=UTC)
TAGS = [[], ["plain"], ['a "b", {c}', "d\\e", "NULL", "", "è 😀"]]


@pytest.mark.parametrize("number", [1, 3, COPIED_FROM - 1, COPIED_FROM])
async def test_rows_come_out_as_they_went_in(database: Database, number: int) -> None:
    queue, address, channel = new_id(), new_id(), new_id()
    conversations = [
        (1, new_id(), channel, address, subject, "queued", queue, "normal", tags, 2, 1, NOW, NOW)
        for _, subject, tags in zip(range(number), cycle((None, "About it")), cycle(TAGS))
    ]
    entries = [(1, row[1], new_id(), queue, NOW, NOW) for row in conversations[:1]]
    connection = await database.connect()
    try:
        await insert(connection, COLUMNS, {"conversation": conversations, "queue_entry": entries})
        for table, rows in (("conversation", conversations), ("queue_entry", entries)):
            found = await connection.fetch(f"SELECT {COLUMNS[table]} FROM {table}")  # noqa: S608
            assert sorted(map(tuple, found), key=str) == sorted(rows, key=str)
    finally:
        await connection.close()


async def test_of_nothing_nothing_is_made(database: Database) -> None:
    connection = await database.connect()
    try:
        await insert(connection, COLUMNS, {"conversation": [], "queue_entry": []})
        assert await connection.fetchval("SELECT count(*) FROM conversation") == 0
    finally:
        await connection.close()
