"""Connections that are kept, against a real SMTP server that counts and cuts them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from tests.channels.builders import answer, email_channel

from channels.contract import ChannelConfig, Outbound, Sent
from channels.email import connections
from channels.email.send import ConnectedSmtp, SmtpOutbound
from channels.errors import Failure, SendFailed


class Dialogue(SMTP):
    """Tells the server of its connection, and may end after a mail without a word."""

    def __init__(self, relay: "Relay") -> None:
        super().__init__(relay, hostname="mx.test")
        self.relay = relay

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.relay.dialogues.append(self)

    async def smtp_QUIT(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        self.relay.goodbyes += 1
        await super().smtp_QUIT(arg)

    async def smtp_RSET(self, arg: str) -> None:  # noqa: N802
        await asyncio.sleep(self.relay.rset_delay_s)
        if self.relay.cuts_next:
            self.cut()
        else:
            await super().smtp_RSET(arg)

    def cut(self) -> None:
        assert isinstance(self.transport, asyncio.WriteTransport)
        self.transport.abort()


@dataclass
class Relay:
    port: int = 0
    dialogues: list[Dialogue] = field(default_factory=list)
    goodbyes: int = 0
    mails: int = 0
    replies: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    together: int = 1
    rset_delay_s: float = 0.0
    cuts_next: bool = False

    @property
    def channel(self) -> ChannelConfig:
        return email_channel(smtp_host="127.0.0.1", smtp_port=str(self.port), smtp_tls="none")

    async def has(self, happened: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not happened():  # noqa: ASYNC110 - the server has no event for it
                await asyncio.sleep(0.01)

    async def has_heard_goodbye(self, times: int) -> None:
        await self.has(lambda: self.goodbyes >= times)

    async def handle_RCPT(  # noqa: N802
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        envelope.rcpt_tos.append(address)
        return "550 5.1.1 nobody" if address in self.refused else "250 OK"

    async def handle_DATA(  # noqa: N802
        self, _server: SMTP, _session: Session, _envelope: Envelope
    ) -> str:
        await self.has(lambda: len(self.dialogues) >= self.together)
        reply = self.replies.pop(0) if self.replies else "250 OK"
        self.mails += reply.startswith("250")
        return reply


@asynccontextmanager
async def relaying() -> AsyncIterator[Relay]:
    relay = Relay()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Dialogue(relay), "127.0.0.1", 0)
    relay.port = server.sockets[0].getsockname()[1]
    yield relay
    server.close()
    for dialogue in relay.dialogues:
        if dialogue.transport is not None:
            dialogue.cut()
    await server.wait_closed()


@pytest.fixture
async def relay() -> AsyncIterator[Relay]:
    async with relaying() as relay:
        yield relay


@pytest.fixture
async def outbound() -> AsyncIterator[ConnectedSmtp]:
    async with SmtpOutbound(timeout=10.0).connected() as outbound:
        yield outbound


async def send(
    outbound: Outbound, channel: ChannelConfig, recipient: str = "ada@example.com"
) -> Sent:
    async with httpx.AsyncClient(trust_env=False) as http:
        return await outbound.send(answer(recipient), channel, http)


async def test_mails_one_after_the_other_take_one_connection(
    relay: Relay, outbound: ConnectedSmtp
) -> None:
    for _ in range(5):
        await send(outbound, relay.channel)
    assert (relay.mails, len(relay.dialogues)) == (5, 1)


async def test_connections_end_politely_with_the_worker(relay: Relay) -> None:
    async with SmtpOutbound().connected() as outbound:
        await asyncio.gather(*(send(outbound, relay.channel) for _ in range(3)))
        assert relay.goodbyes == 0
    assert (relay.mails, relay.goodbyes) == (3, 3)


async def test_no_more_are_kept_than_agreed(relay: Relay, outbound: ConnectedSmtp) -> None:
    relay.together = 8
    await asyncio.gather(*(send(outbound, relay.channel) for _ in range(8)))
    assert len(relay.dialogues) == 8
    await relay.has_heard_goodbye(8 - connections.MAX_IDLE)
    await asyncio.gather(*(send(outbound, relay.channel) for _ in range(4)))
    assert len(relay.dialogues) == 8


async def test_a_server_that_hung_up_is_asked_anew(relay: Relay, outbound: ConnectedSmtp) -> None:
    await send(outbound, relay.channel)
    relay.dialogues[0].cut()
    await send(outbound, relay.channel)
    assert (relay.mails, len(relay.dialogues)) == (2, 2)


async def test_a_server_that_hangs_up_on_the_next_word_is_asked_anew(
    relay: Relay, outbound: ConnectedSmtp
) -> None:
    await send(outbound, relay.channel)
    relay.cuts_next = True
    await send(outbound, relay.channel)
    assert (relay.mails, len(relay.dialogues)) == (2, 2)


async def test_a_connection_that_has_died_in_silence_costs_one_wait(
    relay: Relay, outbound: ConnectedSmtp, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay.together = 4
    await asyncio.gather(*(send(outbound, relay.channel) for _ in range(4)))
    monkeypatch.setattr(connections, "GREETING_S", 0.2)
    relay.rset_delay_s = 10.0
    began = asyncio.get_running_loop().time()
    await send(outbound, relay.channel)
    assert asyncio.get_running_loop().time() - began < 1.0
    assert (relay.mails, len(relay.dialogues)) == (5, 5)


async def test_a_refused_recipient_costs_no_connection(
    relay: Relay, outbound: ConnectedSmtp
) -> None:
    relay.refused.add("gone@example.com")
    with pytest.raises(SendFailed) as caught:
        await send(outbound, relay.channel, "gone@example.com")
    assert caught.value.failure is Failure.BAD_RECIPIENT
    await send(outbound, relay.channel)
    assert len(relay.dialogues) == 1


async def test_after_any_other_failure_the_connection_is_given_up(
    relay: Relay, outbound: ConnectedSmtp
) -> None:
    relay.replies = ["421 4.7.0 too many mails"]
    with pytest.raises(SendFailed) as caught:
        await send(outbound, relay.channel)
    assert caught.value.failure is Failure.UNAVAILABLE
    await send(outbound, relay.channel)
    assert (relay.mails, len(relay.dialogues)) == (1, 2)


async def test_a_sending_that_is_given_up_leaves_nothing_half_said(
    relay: Relay, outbound: ConnectedSmtp
) -> None:
    await send(outbound, relay.channel)
    relay.together = 2
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await send(outbound, relay.channel)
    relay.together = 1
    await send(outbound, relay.channel)
    assert len(relay.dialogues) == 2


async def test_a_channel_with_new_settings_connects_anew(
    relay: Relay, outbound: ConnectedSmtp
) -> None:
    await send(outbound, relay.channel)
    async with relaying() as other:
        await send(outbound, other.channel)
        assert (relay.mails, other.mails) == (1, 1)
    await send(outbound, replace(relay.channel, address="desk@example.org"))
    assert (relay.mails, len(relay.dialogues)) == (2, 2)


async def test_a_connection_carries_so_many_mails(
    relay: Relay, outbound: ConnectedSmtp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MAX_MAILS", 2)
    for _ in range(5):
        await send(outbound, relay.channel)
    assert (relay.mails, len(relay.dialogues)) == (5, 3)


async def test_what_is_idle_for_long_is_ended(
    relay: Relay, outbound: ConnectedSmtp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "IDLE_S", 0.2)
    async with SmtpOutbound().connected() as quick:
        await send(quick, relay.channel)
        await relay.has_heard_goodbye(1)
        await send(quick, relay.channel)
    assert len(relay.dialogues) == 2
