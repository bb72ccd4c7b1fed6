"""Amazon SES through SNS: who posts, whose subscription, what mail it is, and what is none."""

import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.channels.email.webhook_payloads import (
    CERTIFICATE_URL,
    NOW,
    RAW,
    SUBSCRIBE_URL,
    TOPIC,
    amazon_certificate,
    channel_of,
    posted_by_sns,
    proof,
    sendgrid_key,
    ses,
    ses_notification,
    sns,
    subscription,
)
from tests.channels.email.wrapped_mail import JUNK, WrappedMail, unparseable, withstands
from tests.channels.signatures import SignedProvider

from channels.contract import ChannelConfig, Inbound, Notice, Payload
from channels.email.ses import SesInbound
from channels.email.sns import SnsHandshake
from channels.errors import InvalidSignature

CHANNEL = channel_of("ses")


def changed(payload: Payload, **changes: Any) -> Payload:
    """The same post with other values and the same signature; None takes a field away."""
    document = {**orjson.loads(payload.body), **changes}
    kept = {name: value for name, value in document.items() if value is not None}
    return replace(payload, body=orjson.dumps(kept))


class TestSnsSignature(SignedProvider):
    @pytest.fixture
    def inbound(self) -> Inbound:
        return SesInbound()

    @pytest.fixture
    def channel(self) -> ChannelConfig:
        return CHANNEL

    @pytest.fixture(params=["1", "2"])
    def signed(self, request: pytest.FixtureRequest) -> Payload:
        return ses(version=request.param)

    def forged(self, signed: Payload, signature: str | None) -> Payload:
        return changed(signed, Signature=signature)

    def keyed(self, channel: ChannelConfig, secret: str | None) -> ChannelConfig:
        return replace(channel, settings={} if secret is None else {"topic_arn": secret})

    @pytest.mark.parametrize(
        "document",
        [subscription(), subscription("UnsubscribeConfirmation"), sns("{}", Subject=None)],
        ids=["subscription", "unsubscription", "without a subject"],
    )
    def test_accepts_every_type(
        self, inbound: Inbound, channel: ChannelConfig, document: dict[str, Any]
    ) -> None:
        inbound.verify(posted_by_sns(document), channel)

    def test_accepts_each_of_several_topics(self, inbound: Inbound, signed: Payload) -> None:
        inbound.verify(signed, channel_of("ses", topic_arn=f"arn:aws:sns:x:1:y {TOPIC}"))

    @pytest.mark.parametrize(
        "changes",
        [
            {"Message": "{}"},
            {"Message": None},
            {"Message": 7},
            {"MessageId": "another"},
            {"Subject": "another"},
            {"Subject": None},
            {"Timestamp": "2026-11-18T12:26:41.000Z"},
            {"TopicArn": "arn:aws:sns:eu-west-1:123456789012:other"},
            {"TopicArn": None},
            {"TopicArn": ["a"]},
            {"Type": "SubscriptionConfirmation"},
            {"Type": "Other"},
            {"Type": None},
            {"SignatureVersion": "3"},
            {"SignatureVersion": None},
            {"SignatureVersion": ["1"]},
        ],
        ids=str,
    )
    def test_refuses_what_was_changed(
        self,
        inbound: Inbound,
        signed: Payload,
        channel: ChannelConfig,
        changes: dict[str, Any],
    ) -> None:
        self.refuses(inbound, changed(signed, **changes), channel)

    @pytest.mark.parametrize(
        "certificate",
        [
            {},
            {"certificate": ""},
            {"certificate": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"},
            {"certificate": amazon_certificate(NOW + 60)},
            {"certificate": amazon_certificate(NOW - 31 * 86_400)},
        ],
        ids=["none", "empty", "broken", "not yet valid", "no longer valid"],
    )
    def test_refuses_without_a_sound_certificate(
        self,
        inbound: Inbound,
        signed: Payload,
        channel: ChannelConfig,
        certificate: dict[str, str],
    ) -> None:
        self.refuses(inbound, replace(signed, proof=proof(**certificate)), channel)


class TestSesMail(WrappedMail):
    @pytest.fixture
    def inbound(self) -> Inbound:
        return SesInbound()

    @pytest.fixture
    def channel(self) -> ChannelConfig:
        return CHANNEL

    @pytest.fixture(params=["BASE64", "UTF-8", None])
    def wrapped(self, request: pytest.FixtureRequest) -> Callable[[bytes], Payload]:
        return lambda raw: ses(raw, request.param if raw.strip() else "UTF-8")


def test_a_mail_in_base64_of_which_nothing_is_said() -> None:
    content = base64.b64encode(RAW).decode()
    payload = posted_by_sns(sns(ses_notification(content, None)))
    assert SesInbound().parse(payload, CHANNEL).sender.address == "ada@example.com"


@pytest.mark.parametrize(
    ("changes", "recipient", "automatic"),
    [
        ({}, "support@example.org", False),
        ({"receipt": {"recipients": ["sales@example.org"]}}, "sales@example.org", False),
        ({"receipt": [], "mail": "?"}, "support@example.org", False),
        ({"mail": {"source": ""}}, "support@example.org", True),
    ],
)
def test_envelope(changes: dict[str, Any], recipient: str, automatic: bool) -> None:
    payload = posted_by_sns(sns(ses_notification(RAW.decode(), "UTF-8", **changes)))
    message = SesInbound().parse(payload, CHANNEL)
    assert (message.recipient, message.automatic) == (recipient, automatic)


def test_the_verdicts_of_amazon() -> None:
    verdicts = {"spfVerdict": {"status": "FAIL"}, "dkimVerdict": {"status": "GRAY"}}
    receipt = {**verdicts, "dmarcVerdict": "?"}
    payload = posted_by_sns(sns(ses_notification(RAW.decode(), "UTF-8", receipt=receipt)))
    message = SesInbound().parse(payload, CHANNEL)
    assert message.authentication == {"spf": "fail", "dkim": "none"}


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (sns(ses_notification(None, None)), "mail_lies_elsewhere"),
        (sns(ses_notification("%", "BASE64")), "broken_content"),
        (sns(ses_notification("", "UTF-8", notificationType="Bounce")), "not_received_mail"),
        (sns("You have chosen..."), "not_json"),
        (sns("[]"), "not_json"),
        (subscription(), "not_a_notification"),
    ],
)
def test_unparseable(document: dict[str, Any], code: str) -> None:
    error = unparseable(SesInbound(), CHANNEL, posted_by_sns(document))
    assert error.code == code
    assert code != "mail_lies_elsewhere" or "mails/in/d6iitobk" in error.detail


HOSTS = [
    "https://sns.eu-west-1.amazonaws.com",
    "https://sns.us-gov-west-1.amazonaws.com",
    "https://sns.cn-north-1.amazonaws.com.cn",
]
STRANGERS = [
    "http://sns.eu-west-1.amazonaws.com",
    "https://sns.eu-west-1.amazonaws.com.evil.example",
    "https://sns.eu-west-1.amazonaws.org",
    "https://sns.evil.example/.amazonaws.com",
    "https://evil.example#sns.eu-west-1.amazonaws.com",
    "https://sns.eu-west-1.amazonaws.com@evil.example",
    "https://sns.eu-west-1.amazonaws.com:8443",
    "https://evil.example/https://sns.eu-west-1.amazonaws.com",
    "https://s3.eu-west-1.amazonaws.com",
    "https://sns.evil.example%2f.amazonaws.com",
    "https://127.0.0.1",
    "file://",
    "",
]


@pytest.mark.parametrize("host", HOSTS)
def test_certificates_come_from_amazon(host: str) -> None:
    url = f"{host}/SimpleNotificationService-0a1b.pem"
    assert SnsHandshake().certificate_url(changed(ses(), SigningCertURL=url), CHANNEL) == url


@pytest.mark.parametrize("host", STRANGERS)
def test_certificates_come_from_nobody_else(host: str) -> None:
    payload = changed(ses(), SigningCertURL=f"{host}/SimpleNotificationService-0a1b.pem")
    with pytest.raises(InvalidSignature, match="SigningCertURL"):
        SnsHandshake().certificate_url(payload, CHANNEL)


@pytest.mark.parametrize(
    "url", [None, 7, CERTIFICATE_URL + "?", CERTIFICATE_URL + "\n", CERTIFICATE_URL[:-3], HOSTS[0]]
)
def test_only_certificates_are_fetched(url: object) -> None:
    with pytest.raises(InvalidSignature, match="SigningCertURL"):
        SnsHandshake().certificate_url(changed(ses(), SigningCertURL=url), CHANNEL)


def test_nothing_is_fetched_for_another_topic() -> None:
    for payload in (changed(ses(), TopicArn="other"), replace(ses(), body=b"{")):
        with pytest.raises(InvalidSignature):
            SnsHandshake().certificate_url(payload, CHANNEL)


@pytest.mark.parametrize(
    ("document", "notice"),
    [
        (subscription(), Notice("subscribed", SUBSCRIBE_URL)),
        (subscription("UnsubscribeConfirmation"), Notice("unsubscribed")),
        (sns("{}"), None),
    ],
)
def test_notices(document: dict[str, Any], notice: Notice | None) -> None:
    assert SnsHandshake().notice(posted_by_sns(document), CHANNEL) == notice


@pytest.mark.parametrize(
    "url",
    [
        *(SUBSCRIBE_URL.replace(HOSTS[0], host) for host in STRANGERS),
        SUBSCRIBE_URL.replace("ConfirmSubscription", "DeleteTopic"),
        SUBSCRIBE_URL + "\n",
        SUBSCRIBE_URL + " x",
        None,
        7,
    ],
)
def test_nobody_else_is_told_that_we_subscribe(url: object) -> None:
    payload = changed(posted_by_sns(subscription()), SubscribeURL=url)
    with pytest.raises(InvalidSignature, match="SubscribeURL"):
        SnsHandshake().notice(payload, CHANNEL)


NAMES = ["Type", "Message", "TopicArn", "Subject", "SignatureVersion", "SigningCertURL"]


@given(st.dictionaries(st.sampled_from(NAMES), JUNK), st.dictionaries(st.text(), JUNK))
def test_only_the_two_refusals_escape(outer: dict[str, Any], inner: dict[str, Any]) -> None:
    names = ["notificationType", "content", "receipt", "mail"]
    inner = dict(zip(names, inner.values(), strict=False))
    notification = orjson.loads(ses_notification(RAW.decode(), "UTF-8")) | inner
    message = orjson.dumps(notification, option=orjson.OPT_NON_STR_KEYS).decode()
    document = {**orjson.loads(ses().body), "Message": message, **outer}
    payload = replace(ses(), body=orjson.dumps(document, option=orjson.OPT_NON_STR_KEYS))
    withstands(SesInbound(), CHANNEL, payload)
    for step in (SnsHandshake().certificate_url, SnsHandshake().notice):
        try:
            step(payload, CHANNEL)
        except InvalidSignature:
            continue


@given(st.text(max_size=300), st.text(max_size=20))
def test_only_the_two_refusals_escape_from_contents(content: str, encoding: str) -> None:
    content, encoding = (each.encode("utf-8", "replace").decode() for each in (content, encoding))
    payload = posted_by_sns(sns(ses_notification(content, encoding)))
    withstands(SesInbound(), CHANNEL, payload)


def test_a_certificate_of_another_algorithm_verifies_nothing() -> None:
    pem = f"-----BEGIN CERTIFICATE-----\n{sendgrid_key()}\n-----END CERTIFICATE-----\n"
    with pytest.raises(InvalidSignature):
        SesInbound().verify(replace(ses(), proof=proof(certificate=pem)), CHANNEL)
