"""Two gateways that acknowledge each other, over real SMTP: they stop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy

import aiosmtplib
from aiosmtpd.smtp import SMTP, Envelope, Session
from tests.answers.test_acknowledgements import (
    acknowledging,
    change,
    channel_id,
    outbound,
    verdicts,
)
from tests.house import House, make_mail, serving

MACHINES_FIELDS = ("Auto-Submitted", "In-Reply-To", "References", "List-Unsubscribe")


@dataclass
class Relay:
    """Passes mail on by its recipient's domain; `careless`, as some are, without such headers."""

    careless: bool
    port: int = 0
    doors: dict[str, int] = field(default_factory=dict)
    passed: int = 0

    async def handle_DATA(  # noqa: N802 - aiosmtpd's hook
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        mail = message_from_bytes(envelope.original_content or b"", policy=policy.SMTP)
        self.passed += 1
        if self.careless:
            for name in MACHINES_FIELDS:
                del mail[name]
            mail.replace_header("Subject", f"Matter {self.passed}")
        door = self.doors[envelope.rcpt_tos[0].rpartition("@")[2]]
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=door, start_tls=False)
        async with client:
            await client.sendmail(envelope.mail_from or "", envelope.rcpt_tos, mail.as_bytes())
        return "250 passed on"


@asynccontextmanager
async def relaying(*, careless: bool) -> AsyncIterator[Relay]:
    relay, loop = Relay(careless), asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(relay, loop=loop), "127.0.0.1")
    relay.port = server.sockets[0].getsockname()[1]
    try:
        yield relay
    finally:
        server.close()


async def joined(house: House, relay: Relay, domain: str) -> None:
    """Have a gateway acknowledge, under its own domain and through the relay."""
    await acknowledging(house)
    relay.doors[domain] = house.smtp_port
    settings = {"smtp_host": "127.0.0.1", "smtp_port": str(relay.port), "smtp_tls": "none"}
    path = f"/v1/channels/{await channel_id(house, 'email')}"
    await change(house, path, address=f"support@{domain}", settings=settings)


async def settled(*houses: House) -> None:
    """Nothing is on its way, and nothing has come since."""
    async with asyncio.timeout(60):
        before: list[int] = []
        while True:
            states = [each.state for house in houses for each in await outbound(house)]
            counts = [await house.count("message") for house in houses]
            if counts == before and set(states) <= {"sent"}:
                return
            before = counts
            await asyncio.sleep(0.3)


async def begin(house: House) -> None:
    mail = make_mail(From="Support <support@south.test>", To="support@north.test")
    await house.send_mail(mail, to="support@north.test")


async def test_a_gateway_does_not_answer_anothers_acknowledgement(
    dsn: str, another_dsn: str
) -> None:
    async with (
        relaying(careless=False) as relay,
        serving(dsn, worker=True) as north,
        serving(another_dsn, worker=True) as south,
    ):
        await joined(north, relay, "north.test")
        await joined(south, relay, "south.test")
        await begin(north)
        await settled(north, south)
        assert (len(await outbound(north)), len(await outbound(south))) == (1, 0)
        assert await verdicts(south) == ["automatic"]


async def test_where_headers_are_lost_the_limit_ends_the_exchange(
    dsn: str, another_dsn: str
) -> None:
    async with (
        relaying(careless=True) as relay,
        serving(dsn, worker=True) as north,
        serving(another_dsn, worker=True) as south,
    ):
        await joined(north, relay, "north.test")
        await joined(south, relay, "south.test")
        await begin(north)
        await settled(north, south)
        assert (len(await outbound(north)), len(await outbound(south))) == (3, 3)
        assert await verdicts(north) == ["sent", "sent", "sent", "limit"]
