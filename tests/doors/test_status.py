"""Providers' reports, from their door to what agents see."""

import asyncio
import socket
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import pytest
from tests.delivery.office import until
from tests.delivery.providers import Twilio, twilio
from tests.house import TWILIO_FORM, House, bearer, serving
from twilio.request_validator import RequestValidator


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


async def report(house: House, provider: Twilio, url: str, **fields: str) -> httpx.Response:
    form = {"AccountSid": provider.account_sid, **fields}
    signature = RequestValidator(provider.auth_token).compute_signature(url, form)
    headers = {"X-Twilio-Signature": signature, "Content-Type": TWILIO_FORM}
    return await house.http.post(url, content=urlencode(form), headers=headers)


async def texting(house: House, provider: Twilio) -> str:
    """Point the team's channel at the provider; returns the channel's id."""
    channels = await house.get("/v1/channels")
    channel = next(each for each in channels if each["kind"] == "sms")
    settled = await house.http.patch(
        f"/v1/channels/{channel['id']}",
        json={"settings": provider.settings, "secrets": provider.secrets},
        headers=bearer(house.team.admin),
    )
    assert settled.status_code == 200, settled.text
    house.team.twilio |= {**provider.settings, **provider.secrets}
    return str(channel["id"])


async def answered(house: House) -> str:
    """A customer writes and is answered; returns the conversation's id."""
    assert (await house.post_sms()).status_code == 200
    [item] = (await house.get("/v1/conversations"))["items"]
    await house.post(f"/v1/conversations/{item['id']}/take")
    await house.post(f"/v1/conversations/{item['id']}/replies", {"text": "It is on its way."})
    return str(item["id"])


async def delivery(house: House) -> dict[str, Any]:
    [item] = (await house.get("/v1/deliveries"))["items"]
    return dict(item)


async def test_reports_before_and_after_the_answer(dsn: str, port: int) -> None:
    url = f"http://127.0.0.1:{port}"
    early: list[dict[str, str]] = []
    async with (
        twilio() as provider,
        serving(dsn, port=port, public_url=url, worker=True) as house,
    ):

        async def sent(created: dict[str, str]) -> None:
            early.append(created)
            fields = {"MessageSid": created["sid"], "MessageStatus": "sent", "To": created["To"]}
            answer = await report(house, provider, created["StatusCallback"], **fields)
            assert answer.status_code == 204

        provider.before_answer = sent
        await texting(house, provider)
        await answered(house)

        async def is_sent() -> bool:
            return bool((await delivery(house))["state"] == "sent")

        await until(is_sent)
        [created] = early
        assert (
            urlsplit(created["StatusCallback"]).query == f"delivery={(await delivery(house))['id']}"
        )
        failed = {"MessageSid": created["sid"], "MessageStatus": "failed", "ErrorCode": "30005"}
        for _ in range(2):
            answer = await report(house, provider, created["StatusCallback"], **failed)
            assert answer.status_code == 204
        shown = await delivery(house)
        assert (shown["state"], shown["failure"], shown["detail"]) == (
            "failed",
            "bad_recipient",
            "30005",
        )
        assert shown["provider_id"] == created["sid"]
        told = await house.rows(
            "SELECT data->'delivery'->>'state' FROM event WHERE type = 'delivery.changed' "
            "ORDER BY pos"
        )
        assert [row[0] for row in told] == ["sent", "failed"]
        metrics = (await house.http.get("/metrics")).text
        assert 'sportello_reports_total{kind="sms",outcome="applied"} 2.0' in metrics
        assert 'sportello_reports_total{kind="sms",outcome="known"} 1.0' in metrics


async def test_a_report_that_comes_sixty_four_times_at_once_is_one_change(dsn: str) -> None:
    async with twilio() as provider, serving(dsn, worker=True) as house:
        await texting(house, provider)
        await answered(house)

        async def is_sent() -> bool:
            return bool((await delivery(house))["state"] == "sent")

        await until(is_sent)
        url = f"{house.url}/in/twilio/{house.team.keys['sms']}/status"
        sid = (await delivery(house))["provider_id"]
        fields = {"MessageSid": sid, "MessageStatus": "delivered"}
        answers = await asyncio.gather(*(report(house, provider, url, **fields) for _ in range(64)))
        assert {answer.status_code for answer in answers} == {204}
        assert (await delivery(house))["state"] == "delivered"
        told = await house.rows("SELECT 1 FROM event WHERE type = 'delivery.changed'")
        assert len(told) == 2


async def test_what_a_status_door_refuses(house: House) -> None:
    base = f"{house.url}/in/twilio/{house.team.keys['sms']}"
    provider = Twilio(house.team.twilio["account_sid"], house.team.twilio["auth_token"])
    known = {"MessageSid": "SM1", "MessageStatus": "sent"}
    assert (await report(house, provider, f"{base}/status", **known)).status_code == 204
    assert (await report(house, provider, f"{base}/status")).status_code == 422
    assert (await report(house, provider, f"{base}/elsewhere", **known)).status_code == 404
    assert (await report(house, Twilio(), f"{base}/status", **known)).status_code == 403
    other = f"{house.url}/in/twilio/{house.team.keys['chat']}/status"
    assert (await report(house, provider, other, **known)).status_code == 404
    assert await house.count("message") == await house.count("quarantine") == 0


async def test_without_a_public_url_no_reports_are_asked_for(dsn: str) -> None:
    async with twilio() as provider, serving(dsn, worker=True) as house:
        await texting(house, provider)
        await answered(house)

        async def is_sent() -> bool:
            return bool((await delivery(house))["state"] == "sent")

        await until(is_sent)
        assert "StatusCallback" not in provider.texts[0]
