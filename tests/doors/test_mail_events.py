"""From an agent's answer over a provider's SMTP server to what its event webhook says of it."""

import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from tests.channels.email.event_payloads import (
    mailgun_event,
    postmark_bounce,
    postmark_event,
    sendgrid_events,
    ses_bounce,
    ses_event,
)
from tests.channels.email.webhook_payloads import sendgrid_key
from tests.delivery.office import until
from tests.delivery.providers import MailServer, mail_server
from tests.doors.mail_providers import Amazon, amazon, deliver, open_channel, post
from tests.house import House, serving

from channels.contract import Payload


@pytest.fixture
async def aws() -> AsyncIterator[Amazon]:
    async with amazon() as stand_in:
        yield stand_in


@pytest.fixture
async def house(dsn: str, aws: Amazon) -> AsyncIterator[House]:
    async with serving(dsn, urls=aws.urls, worker=True) as house:
        yield house


@pytest.fixture
async def relay() -> AsyncIterator[MailServer]:
    async with mail_server() as server:
        yield server


PERMANENT = {"event": "failed", "severity": "permanent", "reason": "bounce"}
Told = Callable[[str, str], Payload]
"""Makes an event of a mail, by its Message-ID and the name of its delivery."""

EVENTS: dict[str, tuple[Told, Told]] = {
    "mailgun": (
        lambda mail, _: mailgun_event(at=int(time.time()), reference=mail),
        lambda mail, _: mailgun_event(at=int(time.time()), reference=mail, **PERMANENT),
    ),
    "sendgrid": (
        lambda mail, _: sendgrid_events({}, at=int(time.time()), reference=mail),
        lambda mail, _: sendgrid_events({"event": "bounce"}, at=int(time.time()), reference=mail),
    ),
    "postmark": (
        lambda _, delivery: postmark_event(delivery=delivery),
        lambda _, delivery: postmark_bounce("HardBounce", delivery=delivery),
    ),
    "ses": (
        lambda mail, _: ses_event("Delivery", {"recipients": ["ada@example.com"]}, reference=mail),
        lambda mail, _: ses_bounce("Permanent", "General", reference=mail),
    ),
}
"""By provider: that a mail was delivered, and that it bounced afterwards."""


async def delivery(house: House) -> dict[str, Any]:
    [item] = (await house.get("/v1/deliveries"))["items"]
    return dict(item)


async def answered(house: House, relay: MailServer) -> str:
    """An agent answers the only conversation; returns the mail's Message-ID."""
    [item] = (await house.get("/v1/conversations"))["items"]
    await house.post(f"/v1/conversations/{item['id']}/take")
    await house.post(f"/v1/conversations/{item['id']}/replies", {"text": "It is on its way."})

    async def is_sent() -> bool:
        return bool((await delivery(house))["state"] == "sent")

    await until(is_sent)
    return str(relay.mails[0]["Message-ID"]).strip("<>")


@pytest.mark.parametrize("provider", EVENTS)
async def test_what_becomes_of_an_answer(house: House, relay: MailServer, provider: str) -> None:
    channel = await open_channel(house, provider, event_key=sendgrid_key(), **relay.settings)
    await deliver(house, channel)
    mail = await answered(house, relay)
    name = (await delivery(house))["id"]
    delivered, bounced = EVENTS[provider]
    for told, state in ((delivered, "delivered"), (bounced, "failed"), (delivered, "failed")):
        for _ in range(2):
            response = await post(house, channel, told(mail, name), "status")
            assert response.status_code == 200, response.text
        assert (await delivery(house))["state"] == state
    assert (await delivery(house))["failure"] == "bad_recipient"
    changes = await house.rows(
        "SELECT data->'delivery'->>'state' FROM event WHERE type = 'delivery.changed' ORDER BY pos"
    )
    assert [row[0] for row in changes] == ["sent", "delivered", "failed"]
    assert await house.count("quarantine") == 0


async def test_postmark_keeps_our_name_of_the_mail(house: House, relay: MailServer) -> None:
    await deliver(house, await open_channel(house, "postmark", **relay.settings))
    await answered(house, relay)
    [mail] = relay.mails
    assert mail["X-PM-KeepID"] == "true"
    assert mail["X-PM-Metadata-delivery"] == (await delivery(house))["id"]
