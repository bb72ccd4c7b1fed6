"""Mail that providers post: from their doors to the agents, and what the doors refuse."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import aiosmtplib
import pytest
from structlog.testing import capture_logs
from tests.channels.email.webhook_payloads import (
    CERTIFICATE_URL,
    PASSWORD,
    RAW,
    SUBSCRIBE_URL,
    basic,
    mailgun,
    posted_by_sns,
    postmark,
    sendgrid,
    ses,
    ses_notification,
    sns,
    subscription,
)
from tests.doors.mail_providers import Amazon, amazon, deliver, open_channel, post
from tests.doors.test_bad_input import assert_problem, nothing_is_stored
from tests.doors.test_redelivery import assert_one
from tests.house import House, bearer, make_mail, serving

from channels.contract import Payload
from gateway.doors.provider_urls import MAX_BYTES, MAX_KEPT, ProviderUrls
from gateway.ingest.submission import IngestUnavailable

PROVIDERS = ["mailgun", "sendgrid", "postmark", "ses"]


@pytest.fixture
async def aws() -> AsyncIterator[Amazon]:
    async with amazon() as stand_in:
        yield stand_in


@pytest.fixture
async def house(dsn: str, aws: Amazon) -> AsyncIterator[House]:
    async with serving(dsn, urls=aws.urls) as house:
        yield house


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_mail_reaches_a_queue_and_the_feed(house: House, provider: str) -> None:
    channel = await open_channel(house, provider)
    assert f"/in/{provider}/{channel['public_key']}" in channel["door"]
    assert channel["smtp_door"] is None
    response = await deliver(house, channel)
    assert response.status_code == 200, "some providers take nothing else for a success"
    [listed] = (await house.get("/v1/conversations"))["items"]
    assert (listed["kind"], listed["status"]) == ("email", "queued")
    [message] = (await house.get(f"/v1/conversations/{listed['id']}/messages"))["items"]
    assert "Where is my parcel?" in message["text"]
    told = await house.rows("SELECT type FROM event ORDER BY pos")
    assert [row[0] for row in told] == ["conversation.opened", "message.received"]


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_sixty_four_at_a_time_are_one(house: House, provider: str, aws: Amazon) -> None:
    channel = await open_channel(house, provider)
    answers = await asyncio.gather(*(deliver(house, channel) for _ in range(64)))
    assert {answer.status_code for answer in answers} == {200}
    await assert_one(house)
    assert aws.visited == ([CERTIFICATE_URL] if provider == "ses" else [])


async def test_the_same_mail_by_two_providers_is_one(house: House) -> None:
    channel = await open_channel(house, "postmark")
    await deliver(house, channel)
    await house.send_mail(RAW)
    assert await house.count("message") == 1


FORGED: dict[str, Payload] = {
    "mailgun": mailgun(at=int(time.time()), signature="0" * 64),
    "sendgrid": replace(sendgrid(at=int(time.time())), body=b"x"),
    "postmark": replace(postmark(), proof={"authorization": basic(password="guess")}),
    "ses": replace(ses(), body=ses().body.replace(b"Receipt", b"Recital")),
}


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_who_is_not_the_provider_is_refused(house: House, provider: str) -> None:
    channel = await open_channel(house, provider)
    for ending in ("", "status"):
        response = await post(house, channel, FORGED[provider], ending)
        assert_problem(response, 401 if provider == "postmark" else 403)
    assert await nothing_is_stored(house)


async def test_a_login_is_asked_for(house: House) -> None:
    channel = await open_channel(house, "postmark")
    response = await house.http.post(channel["door"], content=postmark().body)
    assert_problem(response, 401)
    assert response.headers["www-authenticate"].startswith("Basic")


LONG_AGO = int(time.time()) - 30 * 86_400


@pytest.mark.parametrize(
    ("provider", "payload"),
    [("mailgun", mailgun(at=LONG_AGO)), ("sendgrid", sendgrid(at=LONG_AGO))],
)
async def test_what_was_signed_long_ago_is_refused(
    house: House, provider: str, payload: Payload
) -> None:
    channel = await open_channel(house, provider)
    assert_problem(await post(house, channel, payload), 403)
    assert await nothing_is_stored(house)


NOT_RAW: dict[str, Payload] = {
    "mailgun": mailgun(None, at=int(time.time())),
    "sendgrid": sendgrid(None, at=int(time.time())),
    "postmark": postmark(None),
    "ses": posted_by_sns(sns(ses_notification(None, None))),
}


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_mode_that_is_not_raw_is_kept_with_a_hint(house: House, provider: str) -> None:
    channel = await open_channel(house, provider)
    for _ in range(2):
        assert (await post(house, channel, NOT_RAW[provider])).status_code == 200
    [entry] = (await house.get("/v1/quarantine"))["items"]
    assert entry["code"] in {"no_raw_mail", "mail_lies_elsewhere"}
    assert await house.count("message") == 0


async def test_no_password_and_no_certificate_is_stored_or_logged(house: House) -> None:
    with capture_logs() as logs:
        for provider in ("postmark", "ses"):
            channel = await open_channel(house, provider, address=f"{provider}@example.org")
            await deliver(house, channel)
            await post(house, channel, NOT_RAW[provider])
            await post(house, channel, FORGED[provider])
    rows = await house.rows(
        "SELECT envelope::text FROM raw_payload UNION ALL SELECT envelope::text FROM quarantine"
    )
    assert rows
    for secret in (PASSWORD, basic(), "CERTIFICATE"):
        assert secret not in str(rows) + str(logs)
    shown = str(await house.get("/v1/channels"))
    assert PASSWORD not in shown
    assert "webhook_password" in shown


async def test_a_provider_has_its_own_doors_only(house: House) -> None:
    channel = await open_channel(house, "mailgun")
    key, payload = channel["public_key"], mailgun(at=int(time.time()))
    headers = {"Content-Type": payload.content_type}
    for path in (f"/in/sendgrid/{key}", f"/in/ses/{key}", f"/in/mailgun/{key}/other"):
        response = await house.http.post(path, content=payload.body, headers=headers)
        assert_problem(response, 404)
    assert (await house.http.post(f"/in/mailgun/{key}", content=payload.body)).status_code == 403
    plain = f"/in/mailgun/{key}"
    assert (await house.http.post(plain, content=payload.body, headers=headers)).status_code == 200


async def test_mail_of_a_provider_comes_by_no_unsigned_door(house: House) -> None:
    channel = await open_channel(house, "mailgun")
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
        await house.send_mail(make_mail(), to="support@example.org")
    response = await house.http.post(
        f"/in/email/{channel['public_key']}", content=RAW, headers=bearer(house.team.admin)
    )
    assert_problem(response, 404)
    raw = Payload("message/rfc822", RAW)
    assert_problem(await post(house, channel, raw), 403)
    assert await nothing_is_stored(house)


# Subscriptions to Amazon SNS


@pytest.mark.parametrize("ending", ["", "status"])
async def test_a_subscription_is_confirmed(house: House, aws: Amazon, ending: str) -> None:
    channel = await open_channel(house, "ses")
    response = await post(house, channel, posted_by_sns(subscription()), ending)
    assert response.status_code == 200
    assert aws.visited == [CERTIFICATE_URL, SUBSCRIBE_URL]
    gone = posted_by_sns(subscription("UnsubscribeConfirmation"))
    assert (await post(house, channel, gone, ending)).status_code == 200
    assert aws.visited == [CERTIFICATE_URL, SUBSCRIBE_URL], "the end of one is not undone"
    assert await nothing_is_stored(house)


async def test_only_a_subscription_that_is_signed_is_confirmed(house: House, aws: Amazon) -> None:
    channel = await open_channel(house, "ses")
    document: dict[str, Any] = subscription() | {"Token": "another"}
    assert_problem(await post(house, channel, posted_by_sns(document)), 403)
    other_topic = subscription(TopicArn="arn:aws:sns:eu-west-1:1:other")
    assert_problem(await post(house, channel, posted_by_sns(other_topic)), 403)
    strange = subscription(SubscribeURL="https://evil.example/?Action=ConfirmSubscription&a=b")
    assert_problem(await post(house, channel, posted_by_sns(strange)), 403)
    assert aws.visited == [CERTIFICATE_URL]


async def test_without_a_certificate_amazon_is_asked_to_come_again(
    house: House, aws: Amazon
) -> None:
    channel = await open_channel(house, "ses")
    aws.status = 503
    response = await deliver(house, channel)
    assert_problem(response, 503)
    assert "retry-after" in response.headers
    assert await nothing_is_stored(house)
    aws.status = 200
    assert (await deliver(house, channel)).status_code == 200
    assert await house.count("message") == 1


@pytest.mark.parametrize("certificate", ["", "no certificate", "x" * (MAX_BYTES + 1)])
async def test_whatever_lies_at_the_url_verifies_nothing(
    house: House, aws: Amazon, certificate: str
) -> None:
    aws.body = certificate
    channel = await open_channel(house, "ses")
    assert (await deliver(house, channel)).status_code in {403, 503}
    assert await nothing_is_stored(house)


async def test_redirections_are_not_followed(aws: Amazon) -> None:
    aws.status = 302
    with pytest.raises(IngestUnavailable):
        await aws.urls.certificate(CERTIFICATE_URL)
    assert aws.visited == [CERTIFICATE_URL]


async def test_few_certificates_are_kept(aws: Amazon) -> None:
    urls = aws.urls
    for number in (*range(MAX_KEPT + 1), MAX_KEPT, 0):
        await urls.certificate(f"{CERTIFICATE_URL}?{number}")
    assert len(aws.visited) == MAX_KEPT + 2, "the newest is known, the oldest is asked for again"


async def test_nobody_listens() -> None:
    nobody = Amazon(port=1)
    with pytest.raises(IngestUnavailable):
        await ProviderUrls(nobody.transport).visit(SUBSCRIBE_URL)
