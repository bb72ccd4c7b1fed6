"""SendGrid's Inbound Parse in its raw mode: who posts, what mail it is, and what is none."""

from collections.abc import Callable
from dataclasses import replace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.channels.email.webhook_payloads import (
    JSON,
    NOW,
    channel_of,
    sendgrid,
    sendgrid_signed,
)
from tests.channels.email.wrapped_mail import JUNK, WrappedMail, unparseable, withstands
from tests.channels.signatures import DatedProvider, Signed, SignedProvider

from channels.contract import ChannelConfig, Inbound, Payload
from channels.email.sendgrid import SendGridInbound

OTHER_KEY = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEGsgvF+gNOvKgQhcWm3V2NZIwAAsZZnGkVJBGcOzQUcKGQZhh"
    "eLTaHyqJ4TN0QdHzbRzBFbpc5YYAjgHxT4nwAA=="
)


class TestSendGridSignature(SignedProvider, DatedProvider):
    signature_header = "x-twilio-email-event-webhook-signature"
    longest_s = 4 * 86_400

    @pytest.fixture
    def inbound(self) -> Inbound:
        return SendGridInbound()

    @pytest.fixture
    def channel(self) -> ChannelConfig:
        return channel_of("sendgrid")

    @pytest.fixture
    def signed(self) -> Payload:
        return sendgrid()

    @pytest.fixture
    def signed_ago(self) -> Signed:
        return lambda ago_s: sendgrid(at=NOW - ago_s)

    def keyed(self, channel: ChannelConfig, secret: str | None) -> ChannelConfig:
        return replace(channel, settings={} if secret is None else {"verification_key": secret})

    @pytest.mark.parametrize("key", [OTHER_KEY, "MFkw", "MCowBQYDK2VwAyEA" + "A" * 43 + "="])
    def test_refuses_another_key(
        self, inbound: Inbound, signed: Payload, channel: ChannelConfig, key: str
    ) -> None:
        self.refuses(inbound, signed, self.keyed(channel, key))

    def test_takes_a_key_with_line_breaks(
        self, inbound: Inbound, signed: Payload, channel: ChannelConfig
    ) -> None:
        key = channel.settings["verification_key"]
        inbound.verify(signed, self.keyed(channel, f"{key[:64]}\n{key[64:]}\n"))

    def test_refuses_another_timestamp(
        self, inbound: Inbound, signed: Payload, channel: ChannelConfig
    ) -> None:
        later = {"x-twilio-email-event-webhook-timestamp": str(NOW - 1)}
        self.refuses(inbound, replace(signed, envelope={**signed.envelope, **later}), channel)


class TestSendGridMail(WrappedMail):
    @pytest.fixture
    def inbound(self) -> Inbound:
        return SendGridInbound()

    @pytest.fixture
    def channel(self) -> ChannelConfig:
        return channel_of("sendgrid")

    @pytest.fixture
    def wrapped(self) -> Callable[[bytes], Payload]:
        return sendgrid


@pytest.mark.parametrize(
    ("envelope", "recipient", "automatic"),
    [
        ('{"to":["a@example.org","Support+x@example.org"],"from":"b@c.example"}', "+x", False),
        ('{"to":["a@example.org","b@example.org"],"from":"b@c.example"}', "a@example.org", False),
        ('{"to":[],"from":""}', "support@example.org", True),
        ('{"to":"a@example.org","from":7}', "support@example.org", False),
        ("", "support@example.org", False),
    ],
)
def test_envelope(envelope: str, recipient: str, automatic: bool) -> None:
    message = SendGridInbound().parse(sendgrid(envelope=envelope), channel_of("sendgrid"))
    assert recipient in message.recipient
    assert message.automatic is automatic


@pytest.mark.parametrize(
    ("spf", "dkim", "verdicts"),
    [
        ("pass", "{@example.com : pass}", {"spf": "pass", "dkim": "pass"}),
        ("SoftFail", "{@a.example : fail, @b.example : pass}", {"spf": "softfail", "dkim": "pass"}),
        ("none", "{@a.example : fail}", {"spf": "none", "dkim": "fail"}),
        ("?", "none", {}),
        ("", "", {}),
    ],
)
def test_the_verdicts_of_sendgrid(spf: str, dkim: str, verdicts: dict[str, str]) -> None:
    message = SendGridInbound().parse(sendgrid(SPF=spf, dkim=dkim), channel_of("sendgrid"))
    assert message.authentication == verdicts


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (sendgrid(None), "no_raw_mail"),
        (sendgrid_signed(b"{}", JSON), "not_a_form"),
        (sendgrid(envelope="["), "not_json"),
        (sendgrid(envelope="[]"), "not_json"),
    ],
)
def test_unparseable(payload: Payload, code: str) -> None:
    error = unparseable(SendGridInbound(), channel_of("sendgrid"), payload)
    assert error.code == code
    assert code != "no_raw_mail" or "raw" in error.detail


@given(st.binary(max_size=200), JUNK)
def test_only_the_two_refusals_escape(raw: bytes, envelope: object) -> None:
    document = orjson.dumps({"to": envelope, "from": envelope}, option=orjson.OPT_NON_STR_KEYS)
    payload = sendgrid(b"From: a@b.example\r\n" + raw, envelope=document.decode())
    withstands(SendGridInbound(), channel_of("sendgrid"), payload)
