"""Mailboxes of a real dovecot, polled by gateways that work."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.house import make_mail, serving
from tests.mailboxes.desk import FAST, Desk, working
from tests.mailboxes.dovecot import Dovecot
from tests.proxy import proxy

pytestmark = pytest.mark.dovecot

RECENT = b"\\Recent"  # what nobody has opened yet (RFC 3501 section 2.3.2)
LONG_AGO = datetime.now(UTC) - timedelta(days=30)


def mail(subject: str, words: str = "Where is my parcel?") -> bytes:
    return make_mail(words, Subject=subject).as_bytes()


async def test_new_mail_arrives_once_and_stays_as_it_is(dsn: str, dovecot: Dovecot) -> None:
    async with serving(dsn, **FAST) as house:
        desk = Desk(house, dovecot)
        dovecot.add(desk.user, mail("old"))
        await desk.open()
        dovecot.add(desk.user, mail("one"), mail("two"))
        await desk.receives("one", "two")
        assert dovecot.flags(desk.user) == [RECENT] * 3
        [[envelope]] = await house.rows(
            "SELECT envelope FROM raw_payload ORDER BY message_id LIMIT 1"
        )
        assert (envelope["folder"], envelope["uid"]) == ("INBOX", "2")


async def test_all_that_is_there_where_that_is_wanted(dsn: str, dovecot: Dovecot) -> None:
    async with serving(dsn, **FAST) as house:
        desk = Desk(house, dovecot)
        dovecot.add(desk.user, mail("one"), mail("two"), at=LONG_AGO)
        await desk.open(imap_since="all")
        await desk.receives("one", "two")


async def test_after_a_restart_it_goes_on(dsn: str, dovecot: Dovecot) -> None:
    async with serving(dsn) as house:
        desk = Desk(house, dovecot)
        async with working(house):
            await desk.open()
            dovecot.add(desk.user, mail("one"))
            await desk.receives("one")
        dovecot.add(desk.user, mail("meanwhile"))
        async with working(house):
            await desk.receives("one", "meanwhile")


async def test_the_lease_of_a_worker_that_died_runs_out(dsn: str, dovecot: Dovecot) -> None:
    async with serving(dsn) as house:
        desk = Desk(house, dovecot)
        async with working(house):
            await desk.open()
        dovecot.add(desk.user, mail("one"))
        await desk.set("mailbox", holder="gen_random_uuid()", due_at="now() + interval '1 s'")
        async with working(house):
            await desk.polled_again(once=True)
            state = await desk.state()
        [[taken]] = await house.rows("SELECT received_at FROM receipt")
        assert state["failures"] == 0
        assert await desk.subjects() == ["one"]
        assert taken is not None


async def test_what_was_stored_but_not_marked_is_stored_once(dsn: str, dovecot: Dovecot) -> None:
    async with serving(dsn, **FAST) as house:
        desk = Desk(house, dovecot)
        await desk.open()
        dovecot.add(desk.user, mail("one"), mail("two"))
        await desk.receives("one", "two")
        await desk.set("mailbox_folder", last_uid="0")
        await desk.receives("one", "two")
        assert await house.rows("SELECT last_uid FROM mailbox_folder") == [(2,)]


async def test_mail_that_is_numbered_anew(dsn: str, dovecot: Dovecot) -> None:
    """Read again; what was there before the channel stays out, what came meanwhile does not."""
    async with serving(dsn) as house:
        desk = Desk(house, dovecot)
        dovecot.add(desk.user, mail("old"), at=LONG_AGO)
        async with working(house):
            await desk.open()
            dovecot.add(desk.user, mail("one"))
            await desk.receives("one")
        before = await house.rows("SELECT uid_validity FROM mailbox_folder")
        dovecot.stop()
        dovecot.number_anew(desk.user)
        dovecot.start()
        dovecot.add(desk.user, mail("meanwhile"))
        async with working(house):
            await desk.receives("one", "meanwhile")
            dovecot.add(desk.user, mail("moved here"), at=LONG_AGO)
            await desk.receives("one", "meanwhile", "moved here")
        assert await house.rows("SELECT uid_validity FROM mailbox_folder") != before


async def test_several_folders_and_one_that_is_missing(dsn: str, dovecot: Dovecot) -> None:
    async with serving(dsn, **FAST) as house:
        desk = Desk(house, dovecot)
        dovecot.add(desk.user, folder='Rück "fragen"')
        await desk.open(imap_folders='INBOX, Nowhere, Rück "fragen"')
        dovecot.add(desk.user, mail("one"))
        await desk.receives_in_spite_of_trouble("one")
        dovecot.add(desk.user, mail("two"), folder='Rück "fragen"')
        await desk.receives_in_spite_of_trouble("one", "two")
        state = await desk.state()
        assert state["failure"] == "misconfigured"
        assert "'Nowhere'" in state["detail"]


async def test_one_worker_at_a_time(dsn: str, dovecot: Dovecot) -> None:
    async with serving(dsn) as house, proxy(dovecot.port) as way:
        desk = Desk(house, dovecot)
        async with working(house), working(house), working(house):
            await desk.open(port=way.port)
            for number in range(8):
                dovecot.add(desk.user, mail(f"mail {number}"))
            await desk.receives(*(f"mail {number}" for number in range(8)))
        assert way.most_at_once == 1


async def test_a_server_that_restarts_in_the_middle_of_a_mail(dsn: str, dovecot: Dovecot) -> None:
    async with serving(dsn, **FAST) as house, proxy(dovecot.port) as way:
        desk = Desk(house, dovecot)
        await desk.open(port=way.port)
        way.most_bytes = 1_000_000
        dovecot.add(desk.user, mail("small"), mail("large", "word " * 500_000), mail("last"))
        await desk.has_failed("unreachable")
        dovecot.stop()
        way.most_bytes = None
        await desk.has_failed("unreachable", times=2)
        dovecot.start()
        await desk.receives("small", "large", "last")
        assert way.cuts
        assert (await desk.state())["failures"] == 0


async def test_broken_mail_holds_nobody_up(dsn: str, dovecot: Dovecot) -> None:
    async with serving(dsn, **FAST) as house:
        desk = Desk(house, dovecot)
        await desk.open()
        dovecot.add(desk.user, mail("one"), b"Subject: nobody wrote this\r\n\r\n", mail("two"))
        await desk.receives("one", "two")
        [held] = (await house.get("/v1/quarantine"))["items"]
        assert held["code"] == "no_sender"


async def test_mail_that_is_never_handed_out_is_passed_over(dsn: str, dovecot: Dovecot) -> None:
    async with serving(dsn, **FAST) as house, proxy(dovecot.port) as way:
        desk = Desk(house, dovecot)
        await desk.open(port=way.port)
        way.forbidden = b"FETCH 2 (BODY.PEEK"
        dovecot.add(desk.user, mail("one"), mail("two"), mail("three"))
        await desk.receives("one", "three")
        [held] = (await house.get("/v1/quarantine"))["items"]
        assert held["code"] == "unreadable"
        assert "UID 2 of folder 'INBOX'" in held["detail"]
        assert way.cuts == 5


async def test_too_large_a_mail_is_told_of_and_left_there(dsn: str, dovecot: Dovecot) -> None:
    async with serving(dsn, **FAST) as house:
        desk = Desk(house, dovecot)
        await desk.open(imap_fetched="delete")
        dovecot.add(desk.user, mail("large", "0123456789" * 3_000_000), mail("small"))
        await desk.receives("small")
        [held] = (await house.get("/v1/quarantine"))["items"]
        assert held["code"] == "too_large"
        [[size]] = await house.rows("SELECT octet_length(body) FROM quarantine")
        assert size < 10_000
        assert len(dovecot.flags(desk.user)) == 1


async def test_what_is_stored_can_be_moved(dsn: str, dovecot: Dovecot) -> None:
    async with serving(dsn, **FAST) as house:
        desk = Desk(house, dovecot)
        dovecot.add(desk.user, folder="Done")
        await desk.open(imap_fetched="move", imap_move_to="Done", imap_since="all")
        dovecot.add(desk.user, mail("one"), mail("two"))
        await desk.receives("one", "two")
        assert dovecot.flags(desk.user) == []
        assert dovecot.flags(desk.user, "Done") == [RECENT] * 2


async def test_what_is_stored_can_be_deleted_and_nothing_else(dsn: str, dovecot: Dovecot) -> None:
    async with serving(dsn, **FAST) as house:
        desk = Desk(house, dovecot)
        dovecot.add(desk.user, mail("marked by another"))
        with dovecot.client(desk.user) as client:
            client.select("INBOX")
            client.store("1", "+FLAGS", "\\Deleted")
        await desk.open(imap_fetched="delete")
        dovecot.add(desk.user, mail("one"))
        await desk.receives("one")
        assert [b"\\Deleted" in flags for flags in dovecot.flags(desk.user)] == [True]


async def test_where_it_cannot_be_moved_it_is_stored_and_said(dsn: str, dovecot: Dovecot) -> None:
    async with serving(dsn, **FAST) as house:
        desk = Desk(house, dovecot)
        await desk.open(imap_fetched="move", imap_move_to="Nowhere")
        dovecot.add(desk.user, mail("one"), mail("two"))
        await desk.has_failed("misconfigured")
        assert await desk.subjects() == ["one", "two"]
        assert len(dovecot.flags(desk.user)) == 2
