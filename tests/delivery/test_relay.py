"""A real relay between the worker and the customer's server."""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID

import dkim
import pytest
from tests.channels.email.keys import dns_record, pem_of, rsa_key
from tests.delivery.conftest import Working
from tests.delivery.office import Office, until
from tests.delivery.postfix import LARGEST, Postfix
from tests.delivery.providers import MailServer
from tests.programs import missing, program

pytestmark = pytest.mark.postfix

Start = Callable[..., Postfix]


@pytest.fixture
def start(tmp_path: Path, open_folder: Path, mail: MailServer) -> Iterator[Start]:
    """Start relays to the test's own server; they end with the test."""
    found = program("postfix", "postfix")
    if os.geteuid() != 0:
        missing("postfix runs for root alone")
    with ExitStack() as stack:

        def started(timeout_s: int = 300) -> Postfix:
            relay = Postfix(found, open_folder / f"postfix-{tmp_path.name}", mail.port, timeout_s)
            stack.callback(relay.stop)
            relay.start()
            return relay

        yield started


async def channel_at(office: Office, relay: Postfix) -> UUID:
    settings = {
        "smtp_host": "127.0.0.1",
        "smtp_port": str(relay.port),
        "smtp_tls": "none",
        "dkim_selector": "m1",
    }
    secrets = {"dkim_private_key": pem_of(rsa_key())}
    return await office.channel("email", "desk@desk.test", settings=settings, secrets=secrets)


async def test_a_signed_mail_goes_through_a_relay_unharmed(
    office: Office, mail: MailServer, working: Working, start: Start
) -> None:
    relay = await asyncio.to_thread(start)
    channel = await channel_at(office, relay)
    words = "Ciò è tutto. \n\n.\n..\nFrom here\n" + "long " * 400 + "\n\n\n"
    html = f"<p>{'Ciò ' * 400}</p>"
    for _ in range(3):
        await office.answer(
            await office.conversation(channel), channel, text=words, html=html, subject="Caffè"
        )

    async def is_there() -> bool:
        return len(mail.raw) == 3

    async with working():
        await until(is_there)
    records = {b"m1._domainkey.desk.test.": dns_record(rsa_key())}
    assert all(dkim.verify(raw, dnsfunc=lambda name, **_: records.get(name)) for raw in mail.raw)
    body = mail.mails[0].get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n").rstrip("\n") == words.rstrip("\n")
    assert relay.log().count(" connect from") <= 4, "connections were not kept"


async def test_what_a_relay_refuses_is_told_and_delays_nobody(
    office: Office, mail: MailServer, working: Working, start: Start
) -> None:
    relay = await asyncio.to_thread(start)
    channel = await channel_at(office, relay)
    [gone] = await office.answer(await office.conversation(channel), channel, "gone@customer.test")
    large = "x" * 70 + "\n"
    [huge] = await office.answer(
        await office.conversation(channel), channel, text=large * (LARGEST // 60)
    )
    [good] = await office.answer(await office.conversation(channel), channel)
    async with working():
        await office.until_ended()
    assert (await office.delivery(gone)).failure == "rejected"
    assert "5.7.1" in ((await office.delivery(gone)).detail or "")
    assert (await office.delivery(huge)).failure == "too_large"
    assert (await office.delivery(good)).state == "sent"


async def test_a_relay_that_hangs_up_on_idle_clients_loses_no_mail(
    office: Office, mail: MailServer, working: Working, start: Start
) -> None:
    relay = await asyncio.to_thread(start, 1)
    channel = await channel_at(office, relay)
    conversation = await office.conversation(channel)
    async with working():
        for number in range(3):
            [answer] = await office.answer(conversation, channel, text=f"number {number}")
            await office.until_ended()
            assert (await office.delivery(answer)).attempts == 1
            await asyncio.sleep(1.5)

    async def is_there() -> bool:
        return len(mail.raw) == 3

    await until(is_there)
