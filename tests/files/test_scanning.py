"""From a mail with a file to what the scanner says of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from tests.api.team import Team, mail_of, serving
from tests.delivery.office import until
from tests.files.scanner import EICAR, clamd

from gateway.database.connections import Database
from gateway.files.clamd import Clamd
from gateway.files.scanning import ScanWorker
from gateway.metrics import Metrics
from gateway.settings import Settings

FAST = {"worker": True, "poll_interval_s": 0.05, "retry_base_s": 0.02}


async def file_of(team: Team, message_id: str) -> dict[str, Any]:
    [file] = (await team.get(f"/v1/messages/{message_id}"))["attachments"]
    return dict(file)


async def scanned(team: Team, message_id: str) -> dict[str, Any]:
    found: dict[str, Any] = {}

    async def is_scanned() -> bool:
        found.update(await file_of(team, message_id))
        return bool(found["scan"] != "unscanned")

    await until(is_scanned)
    return found


async def no_file_waits(team: Team) -> bool:
    return not await team.sql("SELECT 1 FROM blob WHERE scan = 'unscanned'")


@asynccontextmanager
async def scanning(team: Team, address: str) -> AsyncIterator[None]:
    """Another process's worker, as far as the database can tell."""
    gateway, settings = team.gateway, Settings(_env_file=None, poll_interval_s=0.05)
    worker = ScanWorker(
        gateway.database, gateway.blobs, Clamd(address), gateway.wakeups, Metrics(), settings
    )
    running = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_virus_is_found_told_and_not_given_away(database: Database) -> None:
    async with clamd() as scanner, serving(database, "n") as [team]:
        first = await team.mail(mail_of("1", attachment=EICAR))
        async with scanning(team, scanner.address):
            file = await scanned(team, first["message"])
        assert (file["scan"], file["scan_detail"]) == ("infected", "Eicar-Signature")
        answer = await team.call("GET", f"/v1/attachments/{file['id']}")
        assert answer.status_code == 403
        assert "Eicar-Signature" in answer.json()["detail"]
        linking = await team.call("POST", f"/v1/attachments/{file['id']}/links", {})
        assert linking.status_code == 403
        events = await team.sql("SELECT version FROM event WHERE type = 'message.changed'")
        [[version]] = await team.sql("SELECT version FROM conversation")
        assert [event["version"] for event in events] == [version]
        again = await team.mail(mail_of("2", attachment=EICAR))
        assert (await file_of(team, again["message"]))["scan"] == "infected"
        assert len(scanner.scanned) == 1


async def test_a_clean_file_is_told_in_the_message_alone(database: Database) -> None:
    async with clamd() as scanner, serving(database, "n", clamd=scanner.address, **FAST) as [team]:
        accepted = await team.mail(mail_of(attachment=b"%PDF-1.7"))
        file = await scanned(team, accepted["message"])
        assert (file["scan"], file["scan_detail"]) == ("clean", None)
        assert (await team.call("GET", f"/v1/attachments/{file['id']}")).status_code == 200
        assert await team.sql("SELECT 1 FROM event WHERE type = 'message.changed'") == []


async def test_all_messages_that_have_the_file_hear_of_it(database: Database) -> None:
    async with serving(database, "n") as [team]:
        parent = {"In-Reply-To": "<p@x>", "References": "<p@x>"}
        for index in range(2):
            await team.mail(mail_of(f"{index}", attachment=EICAR, headers=parent))
        await team.mail(mail_of("3", sender="b@customer.test", attachment=EICAR))
        async with clamd() as scanner, scanning(team, scanner.address):
            await until(partial(no_file_waits, team))
        events = await team.sql("SELECT 1 FROM event WHERE type = 'message.changed'")
        assert len(events) == 3


async def test_a_scanner_that_is_away_is_asked_again(database: Database) -> None:
    nowhere = "tcp://127.0.0.1:1"
    async with serving(database, "n", clamd=nowhere, max_attempts=1, **FAST) as [team]:
        accepted = await team.mail(mail_of(attachment=EICAR))

        async def was_tried_often() -> bool:
            return bool(await team.sql("SELECT 1 FROM blob WHERE scan_attempts > 3"))

        await until(was_tried_often)
        file = await file_of(team, accepted["message"])
        assert file["scan"] == "unscanned"
        assert (await team.call("GET", f"/v1/attachments/{file['id']}")).content == EICAR
        async with clamd() as scanner, scanning(team, scanner.address):
            await until(partial(no_file_waits, team))
        assert (await file_of(team, accepted["message"]))["scan"] == "infected"


async def test_a_file_that_the_scanner_cannot_read_is_given_up(database: Database) -> None:
    async with (
        clamd() as scanner,
        serving(database, "n", clamd=scanner.address, max_attempts=2, **FAST) as [team],
    ):
        scanner.answers = [b"stream: Broken or not a regular file ERROR\0"] * 2
        accepted = await team.mail(mail_of(attachment=b"%PDF-1.7"))
        file = await scanned(team, accepted["message"])
        assert (file["scan"], len(scanner.scanned)) == ("failed", 2)
        assert "not a regular file" in file["scan_detail"]
        metrics = (await team.http.get("/metrics")).text
        assert 'sportello_scans_total{outcome="failed"} 1.0' in metrics
