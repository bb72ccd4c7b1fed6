import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event
from tests.api.team import Team, mail_of, serving

from gateway import retention
from gateway.database.connections import Database

LARGE = "large " * 20_000


@pytest.fixture
async def team(database: Database) -> AsyncIterator[Team]:
    async with serving(database, "north") as [team]:
        yield team


async def count(team: Team, table: str, condition: str = "true") -> int:
    [row] = await team.sql(f"SELECT count(*) FROM {table} WHERE {condition}")  # noqa: S608
    return int(row[0])


async def solved(team: Team, number: int = 1) -> None:
    """So many conversations, each of somebody else, solved now."""
    for index in range(number):
        accepted = await team.submit(email=f"{index}@customer.test")
        conversation = await team.conversation_of(accepted["message"])
        path = f"/v1/conversations/{conversation['id']}"
        await team.ask("POST", f"{path}/take")
        await team.ask("POST", f"{path}/solve")


async def policy(team: Team, **days: int | None) -> None:
    await team.ask("PATCH", "/v1/workspace", days)


async def test_nothing_young_is_touched(team: Team) -> None:
    await policy(team, raw_retention_days=1, conversation_retention_days=1)
    await team.mail(mail_of(LARGE, attachment=b"%PDF"))
    await team.mail(mail_of(sender=None))
    await solved(team)
    assert not any((await team.retain()).values())


async def test_raw_payloads_go_after_their_time_with_their_bytes(team: Team) -> None:
    await policy(team, raw_retention_days=10)
    await team.mail(mail_of(LARGE, attachment=b"%PDF"))
    await team.submit()
    assert (await team.retain(days=9.9))["raw_payloads"] == 0
    done = await team.retain(days=10.1)
    assert (done["raw_payloads"], done["blobs"]) == (2, 1)
    assert await count(team, "message") == 2
    assert await count(team, "attachment") == await count(team, "blob") == 1
    assert not any((await team.retain(days=10.1)).values())


async def test_raw_payloads_are_kept_for_ever_where_the_policy_says_so(team: Team) -> None:
    await policy(team, raw_retention_days=None)
    await team.mail(mail_of())
    assert not any((await team.retain(days=10_000)).values())


async def test_what_was_settled_in_quarantine_goes_and_what_waits_stays(team: Team) -> None:
    settled = (await team.mail(mail_of("1", sender=None)))["quarantine"]
    waiting = (await team.mail(mail_of("2", sender=None)))["quarantine"]
    await team.ask("POST", f"/v1/quarantine/{settled}/discard")
    assert (await team.retain(days=89))["quarantine"] == 0
    assert (await team.retain(days=91))["quarantine"] == 1
    assert [each["id"] for each in (await team.get("/v1/quarantine"))["items"]] == [waiting]


async def test_solved_conversations_are_closed_and_told(team: Team) -> None:
    await solved(team, 3)
    await team.submit(email="open@customer.test")
    assert (await team.retain(days=29.9))["closed"] == 0
    before = {row["id"]: row["version"] for row in await team.sql("SELECT * FROM conversation")}
    assert (await team.retain(days=30.1))["closed"] == 3
    rows = await team.sql("SELECT * FROM conversation WHERE status = 'closed'")
    events = await team.sql("SELECT * FROM event WHERE type = 'conversation.closed'")
    versions = {row["id"]: row["version"] for row in rows}
    assert {each["conversation_id"]: each["version"] for each in events} == versions
    assert all(versions[id_] == before[id_] + 1 for id_ in versions)
    assert all(row["closed_at"] is not None for row in rows)
    assert (await team.retain(days=30.1))["closed"] == 0
    again = await team.submit("And this?", email="0@customer.test")
    assert (await team.conversation_of(again["message"]))["status"] == "queued"
    assert await count(team, "conversation") == 5


async def test_closed_conversations_go_whole_after_their_time(team: Team) -> None:
    await policy(team, conversation_retention_days=100)
    await solved(team, 2)
    await team.submit(email="open@customer.test")
    await team.retain(days=31)
    await team.sql("UPDATE conversation SET closed_at = now() WHERE status = 'closed'")
    assert (await team.retain(days=99))["conversations"] == 0
    assert (await team.retain(days=101))["conversations"] == 2
    [kept] = (await team.get("/v1/conversations"))["items"]
    assert kept["identity"]["address"] == "open@customer.test"
    for table in ("message", "decision", "queue_entry"):
        assert await count(team, table) == 1, table
    assert await count(team, "assignment") == 0
    assert await count(team, "event", "type = 'conversation.erased'") == 2


async def test_a_blob_is_kept_while_anything_needs_it(team: Team) -> None:
    content = LARGE.encode()
    await team.mail(mail_of("1", attachment=content))
    await team.mail(mail_of("2", attachment=content))
    digests = await team.sql("SELECT DISTINCT sha256 FROM attachment")
    assert len(digests) == 1
    await team.sql("DELETE FROM raw_payload")
    await team.sql("DELETE FROM attachment WHERE id = (SELECT min(id::text)::uuid FROM attachment)")
    assert (await team.retain(days=2))["blobs"] == 2
    assert await count(team, "blob") == 1
    await team.sql("DELETE FROM attachment")
    assert (await team.retain(days=0.9))["blobs"] == 0
    assert (await team.retain(days=1.1))["blobs"] == 1


async def test_bytes_that_a_message_is_about_to_need_become_young_again(team: Team) -> None:
    raw = mail_of(LARGE)
    await team.mail(raw)
    await team.sql("DELETE FROM raw_payload")
    await team.sql("UPDATE blob SET created_at = now() - interval '9 days'")
    await team.mail(raw.replace(b"Message-ID: <", b"Message-ID: <a") + b" ")
    await team.mail(raw)
    assert (await team.retain())["blobs"] == 0


async def test_many_rows_go_in_small_transactions(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "ROWS", 2)
    monkeypatch.setattr(retention, "CONVERSATIONS", 2)
    await policy(team, raw_retention_days=1, conversation_retention_days=1)
    await solved(team, 5)
    for index in range(5):
        await team.mail(mail_of(f"{index}{LARGE}"))
    commits: list[Any] = []
    event.listen(team.gateway.database.engine.sync_engine, "commit", commits.append)
    done = await team.retain(days=40)
    assert (done["closed"], done["raw_payloads"], done["blobs"]) == (5, 10, 5)
    assert len(commits) >= 3 + 6 + 3
    assert (await team.retain(days=80))["conversations"] == 5


async def test_several_at_once_do_everything_once(team: Team) -> None:
    await policy(team, raw_retention_days=1, conversation_retention_days=1)
    await solved(team, 6)
    await asyncio.gather(*(team.retain(days=40) for _ in range(4)))
    await team.retain(days=40)
    assert await count(team, "event", "type = 'conversation.closed'") == 6
    await asyncio.gather(*(team.retain(days=80) for _ in range(4)))
    await team.retain(days=80)
    assert await count(team, "event", "type = 'conversation.erased'") == 6
    assert await count(team, "conversation") == await count(team, "raw_payload") == 0
    positions = [row["pos"] for row in await team.sql("SELECT pos FROM event ORDER BY pos")]
    assert positions == list(range(1, len(positions) + 1))


async def test_a_killed_run_is_finished_by_the_next(team: Team) -> None:
    await policy(team, raw_retention_days=1)
    await solved(team, 4)
    for delay in (0.0, 0.005, 0.01, 0.02, 0.04):
        run = asyncio.create_task(
            retention.run_retention(team.gateway.database, datetime.now(UTC) + timedelta(days=40))
        )
        await asyncio.sleep(delay)
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)
    await team.retain(days=40)
    assert await count(team, "conversation", "status = 'closed'") == 4
    assert await count(team, "event", "type = 'conversation.closed'") == 4
    assert await count(team, "raw_payload") == 0
