import asyncio
from uuid import UUID

from tests.api.team import Team, mail_of

from gateway.composition import Gateway
from gateway.database.connections import Database
from gateway.ingest.replay import replay

REFUSE_POISON = "ALTER TABLE message ADD CONSTRAINT no_poison CHECK (text !~ 'poison')"
REFUSE_ALL = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '22023'; END $$
"""
ACCEPT_POISON = "ALTER TABLE message DROP CONSTRAINT no_poison"


async def unread(team: Team) -> str:
    """Quarantine a mail that names no sender; returns the entry's id."""
    accepted = await team.mail(mail_of(sender=None))
    assert accepted["message"] is None
    return str(accepted["quarantine"])


async def name_the_sender(team: Team) -> None:
    """What a fix of the parser would do: the envelope says who wrote."""
    await team.sql("""UPDATE quarantine SET envelope = '{"mail_from": "late@customer.test"}'""")


async def refused(team: Team, text: str = "poison", **options: object) -> str:
    """Quarantine a mail that the database refuses; returns the entry's id."""
    await team.sql(REFUSE_POISON)
    accepted = await team.mail(mail_of(text, **options))  # type: ignore[arg-type]
    return str(accepted["quarantine"])


async def messages(team: Team) -> int:
    [row] = await team.sql("SELECT count(*) FROM message")
    return int(row[0])


async def test_an_unread_mail_is_replayed_after_a_fix(team: Team) -> None:
    entry = await unread(team)
    failed = await team.call("POST", f"/v1/quarantine/{entry}/replay")
    assert (failed.status_code, await messages(team)) == (409, 0)
    assert "no_sender" in failed.json()["detail"]
    await name_the_sender(team)
    replayed = await team.ask("POST", f"/v1/quarantine/{entry}/replay")
    assert replayed["state"] == "replayed"
    assert await team.conversation_of(replayed["message"])
    assert await team.ask("POST", f"/v1/quarantine/{entry}/replay") == replayed
    assert await messages(team) == 1


async def test_a_failed_replay_keeps_one_entry_and_says_the_present_reason(team: Team) -> None:
    entry = await refused(team)
    before = await team.get(f"/v1/quarantine/{entry}")
    assert before["code"] == "23514"
    await team.sql(ACCEPT_POISON)
    await team.sql(REFUSE_ALL)
    await team.sql("CREATE TRIGGER refuse BEFORE INSERT ON message EXECUTE FUNCTION refuse()")
    failed = await team.call("POST", f"/v1/quarantine/{entry}/replay")
    assert failed.status_code == 409
    [after] = (await team.get("/v1/quarantine"))["items"]
    assert (after["id"], after["state"], after["code"]) == (entry, "held", "22023")
    assert after["detail"] in failed.json()["detail"]


async def test_a_refused_mail_is_stored_once_by_many_replays(team: Team) -> None:
    raw = mail_of("poison " * 20_000)  # large enough to lie in a blob
    await team.sql(REFUSE_POISON)
    entry = (await team.mail(raw))["quarantine"]
    await team.sql(ACCEPT_POISON)
    answers = await asyncio.gather(
        *(team.ask("POST", f"/v1/quarantine/{entry}/replay") for _ in range(8))
    )
    assert len({answer["message"] for answer in answers}) == 1
    assert await messages(team) == 1
    again = await team.mail(raw)
    assert (again["duplicate"], again["message"]) == (True, answers[0]["message"])
    assert await messages(team) == 1


async def test_many_replays_of_an_unread_mail_make_one_message(team: Team) -> None:
    entry = await unread(team)
    await name_the_sender(team)
    answers = await asyncio.gather(
        *(team.ask("POST", f"/v1/quarantine/{entry}/replay") for _ in range(8))
    )
    assert len({answer["message"] for answer in answers}) == 1
    assert await messages(team) == 1


async def test_a_crash_between_message_and_entry_is_mended_by_the_next_replay(team: Team) -> None:
    entry = await refused(team)
    await team.sql(ACCEPT_POISON)
    done = await team.ask("POST", f"/v1/quarantine/{entry}/replay")
    await team.sql("UPDATE quarantine SET state = 'held', message_id = NULL, settled_at = NULL")
    again = await team.ask("POST", f"/v1/quarantine/{entry}/replay")
    assert (again["state"], again["message"]) == ("replayed", done["message"])
    assert await messages(team) == 1


async def test_a_form_that_the_database_refused_is_replayed(team: Team) -> None:
    await team.sql(REFUSE_POISON)
    entry = (await team.submit("poison"))["quarantine"]
    await team.sql(ACCEPT_POISON)
    replayed = await team.ask("POST", f"/v1/quarantine/{entry}/replay")
    assert replayed["message"]
    assert (await team.submit("poison"))["duplicate"]
    assert await messages(team) == 1


async def test_the_raw_payload_is_kept_byte_for_byte(team: Team) -> None:
    raw = mail_of(sender=None)
    entry = (await team.mail(raw))["quarantine"]
    answer = await team.call("GET", f"/v1/quarantine/{entry}/raw")
    assert answer.content == raw
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"].startswith("attachment")


async def test_entries_are_listed_in_pages(team: Team) -> None:
    entries = [await unread(team) for _ in range(3)]
    first = await team.get("/v1/quarantine?limit=2")
    rest = await team.get(f"/v1/quarantine?limit=2&cursor={first['next']}")
    assert [each["id"] for each in first["items"] + rest["items"]] == entries[::-1]
    assert rest["next"] is None
    await team.ask("POST", f"/v1/quarantine/{entries[0]}/discard")
    held = await team.get("/v1/quarantine?state=held")
    assert [each["id"] for each in held["items"]] == [entries[2], entries[1]]
    for wrong in ("xxx", "WyJ4Il0", "WzFd", "bnVsbA"):
        assert (await team.call("GET", f"/v1/quarantine?cursor={wrong}")).status_code == 422


async def test_what_is_discarded_is_not_replayed_nor_the_other_way(team: Team) -> None:
    given_up, kept = await unread(team), await unread(team)
    await name_the_sender(team)
    for _ in range(2):
        discarded = await team.ask("POST", f"/v1/quarantine/{given_up}/discard")
        assert discarded["state"] == "discarded"
    assert (await team.call("POST", f"/v1/quarantine/{given_up}/replay")).status_code == 409
    await team.ask("POST", f"/v1/quarantine/{kept}/replay")
    assert (await team.call("POST", f"/v1/quarantine/{kept}/discard")).status_code == 409


async def test_the_channel_must_still_be_there(team: Team) -> None:
    entry = await unread(team)
    await team.ask("DELETE", f"/v1/channels/{team.channels['email'].id}")
    answer = await team.call("POST", f"/v1/quarantine/{entry}/replay")
    assert "archived" in answer.json()["detail"]


async def test_processes_that_replay_at_once_make_one_message(team: Team, dsn: str) -> None:
    entry = UUID(await refused(team))
    await team.sql(ACCEPT_POISON)
    first = team.gateway
    second = Gateway(first.settings, Database(dsn), first.box)
    async with second.serving():
        entries = await asyncio.gather(
            *(
                replay(
                    each.database,
                    each.configuration,
                    each.intake,
                    each.blobs,
                    team.workspace_id,
                    entry,
                )
                for each in (first, second) * 4
            )
        )
    await second.database.close()
    assert len({each.message_id for each in entries}) == 1
    assert await messages(team) == 1
