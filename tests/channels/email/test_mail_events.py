"""Event webhooks of four providers: who posts, and what each event says of a mail."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.channels.email.event_payloads import (
    DELIVERY,
    OURS,
    mailgun_event,
    postmark_bounce,
    postmark_event,
    sendgrid_events,
    ses_bounce,
    ses_event,
)
from tests.channels.email.webhook_payloads import (
    JSON,
    NOW,
    basic,
    channel_of,
    mailgun_proof,
    posted_by_sns,
    sendgrid_key,
    ses,
    sns,
    subscription,
)
from tests.channels.email.wrapped_mail import JUNK
from tests.channels.signatures import (
    DatedProvider,
    GuardedProvider,
    Signed,
    SignedProvider,
    Verifier,
)
from tests.channels.storable import assert_texts

from channels.contract import ChannelConfig, DeliveryReport, Payload, StatusInbound
from channels.email.mailgun_events import MailgunStatus
from channels.email.postmark_events import PostmarkStatus
from channels.email.sendgrid_events import SendGridStatus
from channels.email.ses_events import SesStatus
from channels.errors import Failure, InvalidSignature, Unparseable

HALVES: dict[str, StatusInbound] = {
    "mailgun": MailgunStatus(),
    "sendgrid": SendGridStatus(),
    "postmark": PostmarkStatus(),
    "ses": SesStatus(),
}
AT = datetime.fromtimestamp(NOW, UTC)


def channel(provider: str) -> ChannelConfig:
    return channel_of(provider, event_key=sendgrid_key(), verification_key="")


def read(provider: str, payload: Payload) -> tuple[DeliveryReport, ...]:
    return HALVES[provider].parse_status(payload, channel(provider))


class TestMailgunEvents(SignedProvider, DatedProvider):
    secret_name = "signing_key"
    longest_s = 9 * 3600

    @pytest.fixture
    def inbound(self) -> Verifier:
        return HALVES["mailgun"]

    @pytest.fixture
    def channel(self) -> ChannelConfig:
        return channel("mailgun")

    @pytest.fixture
    def signed(self) -> Payload:
        return mailgun_event()

    @pytest.fixture
    def signed_ago(self) -> Signed:
        return lambda ago_s: mailgun_event(at=NOW - ago_s)

    def forged(self, signed: Payload, signature: str | None) -> Payload:
        document = orjson.loads(signed.body)
        document["signature"] = mailgun_proof() | {"signature": signature}
        return replace(signed, body=orjson.dumps(document))

    @pytest.mark.parametrize("signature", [None, [], "x", {}, {"timestamp": 1}])
    def test_refuses_other_shapes(
        self, inbound: Verifier, channel: ChannelConfig, signature: object
    ) -> None:
        body = orjson.dumps({"signature": signature, "event-data": {}})
        self.refuses(inbound, replace(mailgun_event(), body=body), channel)


class TestSendGridEvents(SignedProvider, DatedProvider):
    signature_header = "x-twilio-email-event-webhook-signature"
    longest_s = 4 * 86_400

    @pytest.fixture
    def inbound(self) -> Verifier:
        return HALVES["sendgrid"]

    @pytest.fixture
    def channel(self) -> ChannelConfig:
        return channel("sendgrid")

    @pytest.fixture
    def signed(self) -> Payload:
        return sendgrid_events({})

    @pytest.fixture
    def signed_ago(self) -> Signed:
        return lambda ago_s: sendgrid_events({}, at=NOW - ago_s)

    def keyed(self, channel: ChannelConfig, secret: str | None) -> ChannelConfig:
        return replace(channel, settings={} if secret is None else {"event_key": secret})


class TestPostmarkEvents(GuardedProvider):
    secret_name = "webhook_password"

    @pytest.fixture
    def inbound(self) -> Verifier:
        return HALVES["postmark"]

    @pytest.fixture
    def channel(self) -> ChannelConfig:
        return channel("postmark")

    @pytest.fixture
    def signed(self) -> Payload:
        return postmark_event()

    def forged(self, signed: Payload, signature: str | None) -> Payload:
        return replace(signed, proof={} if signature is None else {"authorization": signature})

    def test_refuses_another_password(
        self, inbound: Verifier, signed: Payload, channel: ChannelConfig
    ) -> None:
        self.refuses(inbound, self.forged(signed, basic(password="guess")), channel)


class TestSesEvents(SignedProvider):
    @pytest.fixture
    def inbound(self) -> Verifier:
        return HALVES["ses"]

    @pytest.fixture
    def channel(self) -> ChannelConfig:
        return channel("ses")

    @pytest.fixture
    def signed(self) -> Payload:
        return ses_bounce("Permanent", "General")

    def forged(self, signed: Payload, signature: str | None) -> Payload:
        document = orjson.loads(signed.body) | {"Signature": signature}
        return replace(signed, body=orjson.dumps(document))

    def keyed(self, channel: ChannelConfig, secret: str | None) -> ChannelConfig:
        return replace(channel, settings={} if secret is None else {"topic_arn": secret})


NOBODY = ("failed", Failure.BAD_RECIPIENT)
REJECTED = ("failed", Failure.REJECTED)
GIVEN_UP = ("failed", Failure.UNAVAILABLE)
DELAYED = ("sent", Failure.UNAVAILABLE)
PERMANENT: dict[str, Any] = {"event": "failed", "severity": "permanent"}
CASES: list[tuple[str, Payload, tuple[str, Failure | None] | None, str]] = [
    ("mailgun", mailgun_event(event="accepted"), ("sent", None), "250"),
    ("mailgun", mailgun_event(), ("delivered", None), "250"),
    ("mailgun", mailgun_event(event="complained"), ("delivered", None), "complaint"),
    ("mailgun", mailgun_event(**PERMANENT, reason="bounce"), NOBODY, "250"),
    ("mailgun", mailgun_event(**PERMANENT, reason="suppress-bounce"), NOBODY, "250"),
    ("mailgun", mailgun_event(**PERMANENT, reason="generic"), REJECTED, "250"),
    ("mailgun", mailgun_event(event="failed", severity="temporary"), DELAYED, "250"),
    ("mailgun", mailgun_event(event="rejected"), REJECTED, "250"),
    ("mailgun", mailgun_event(event="opened"), None, ""),
    ("mailgun", mailgun_event(event="failed", severity="other"), None, ""),
    ("sendgrid", sendgrid_events({"event": "processed"}), ("sent", None), ""),
    ("sendgrid", sendgrid_events({}), ("delivered", None), ""),
    ("sendgrid", sendgrid_events({"event": "deferred"}), DELAYED, ""),
    ("sendgrid", sendgrid_events({"event": "bounce", "status": "5.1.1"}), NOBODY, "5.1.1"),
    ("sendgrid", sendgrid_events({"event": "bounce", "type": "blocked"}), REJECTED, ""),
    ("sendgrid", sendgrid_events({"event": "dropped", "status": "5.0.0"}), REJECTED, "5.0.0"),
    ("sendgrid", sendgrid_events({"event": "spamreport"}), ("delivered", None), "complaint"),
    ("sendgrid", sendgrid_events({"event": "click"}), None, ""),
    ("postmark", postmark_event(), ("delivered", None), ""),
    ("postmark", postmark_event(RecordType="SpamComplaint"), ("delivered", None), "complaint"),
    ("postmark", postmark_bounce("HardBounce"), NOBODY, "HardBounce"),
    ("postmark", postmark_bounce("SoftBounce"), GIVEN_UP, "SoftBounce"),
    ("postmark", postmark_bounce("Blocked"), REJECTED, "Blocked"),
    ("postmark", postmark_bounce("AutoResponder"), None, ""),
    ("postmark", postmark_bounce("Transient"), None, ""),
    ("postmark", postmark_event(RecordType="Open"), None, ""),
    ("ses", ses_event("Delivery", {"recipients": ["Ada@example.com"]}), ("delivered", None), ""),
    ("ses", ses_bounce("Permanent", "General", status="5.1.1"), NOBODY, "5.1.1"),
    ("ses", ses_bounce("Permanent", "NoEmail"), NOBODY, "NoEmail"),
    ("ses", ses_bounce("Permanent", "ContentRejected"), REJECTED, "ContentRejected"),
    ("ses", ses_bounce("Transient", "MailboxFull"), GIVEN_UP, "MailboxFull"),
    (
        "ses",
        ses_bounce("Transient", "MessageTooLarge"),
        ("failed", Failure.TOO_LARGE),
        "MessageTooLarge",
    ),
    ("ses", ses_bounce("Transient", "General"), None, ""),
    ("ses", ses_bounce("Undetermined", "Undetermined"), None, ""),
    (
        "ses",
        ses_event("Complaint", {"complainedRecipients": [{"emailAddress": "ada@example.com"}]}),
        ("delivered", None),
        "complaint",
    ),
    (
        "ses",
        ses_event("DeliveryDelay", {"delayedRecipients": [{"emailAddress": "ada@example.com"}]}),
        DELAYED,
        "",
    ),
    ("ses", ses_event("Send", {}), ("sent", None), ""),
    ("ses", ses_event("Reject", {}), REJECTED, ""),
    ("ses", ses_event("Open", {}), None, ""),
    ("ses", posted_by_sns(sns("Successfully validated SNS topic.")), None, ""),
]


@pytest.mark.parametrize(("provider", "payload", "meaning", "code"), CASES)
def test_what_an_event_says(
    provider: str, payload: Payload, meaning: tuple[str, Failure | None] | None, code: str
) -> None:
    reports = read(provider, payload)
    if meaning is None:
        assert reports == ()
        return
    [report] = reports
    assert (report.state, report.failure) == meaning
    assert report.code == code
    assert report.recipient == "ada@example.com"
    assert report.occurred_at is not None
    assert report.occurred_at.replace(microsecond=0) == AT
    if provider == "postmark":
        assert (report.reference, report.delivery_id) == ("", UUID(DELIVERY))
    else:
        assert (report.reference, report.delivery_id) == (OURS, None)


@pytest.mark.parametrize(
    ("provider", "payload", "detail"),
    [
        ("mailgun", mailgun_event(), "OK"),
        (
            "mailgun",
            mailgun_event(**PERMANENT, reason="old", **dict[str, Any]({"delivery-status": 7})),
            "old",
        ),
        (
            "sendgrid",
            sendgrid_events({"event": "bounce", "reason": "500\r\nuser"}),
            "500 user",
        ),
        ("sendgrid", sendgrid_events({"response": "250 OK"}), "250 OK"),
        ("postmark", postmark_bounce("HardBounce", Details="smtp;550"), "smtp;550"),
        ("ses", ses_bounce("Permanent", "General", diagnosticCode="smtp; 550"), "smtp; 550"),
        ("ses", ses_bounce("Permanent", "General"), "Permanent General"),
    ],
)
def test_details_are_kept_in_a_line(provider: str, payload: Payload, detail: str) -> None:
    assert read(provider, payload)[0].detail == detail


def test_sendgrid_tells_of_many() -> None:
    reports = read("sendgrid", sendgrid_events({}, {"event": "open"}, {"event": "bounce"}))
    assert [report.state for report in reports] == ["delivered", "failed"]


def test_ses_tells_of_every_recipient() -> None:
    event = ses_event("Delivery", {"recipients": ["a@example.com", "b@example.com"]})
    assert [report.recipient for report in read("ses", event)] == ["a@example.com", "b@example.com"]


def test_ses_names_our_mail_in_its_common_headers_too() -> None:
    common: dict[str, Any] = {"headers": None, "commonHeaders": {"messageId": f"<{OURS}>"}}
    [report] = read("ses", ses_event("Delivery", {"recipients": ["a@example.com"]}, **common))
    assert report.reference == OURS


@pytest.mark.parametrize(
    ("provider", "payload", "code"),
    [
        ("mailgun", Payload(JSON, b"{"), "not_json"),
        ("sendgrid", Payload(JSON, b"{"), "not_json"),
        ("sendgrid", Payload(JSON, b"{}"), "not_json"),
        ("postmark", Payload(JSON, b"[]"), "not_json"),
        ("ses", ses(), "received_mail"),
        ("ses", posted_by_sns(subscription()), "not_a_notification"),
    ],
)
def test_unparseable(provider: str, payload: Payload, code: str) -> None:
    with pytest.raises(Unparseable) as caught:
        read(provider, payload)
    assert caught.value.code == code


VALUES = JUNK | st.sampled_from([1e300, -1e300, 1e18, "9999-12-31T23:59:59-23:59", "0001-01-01"])
EVENT: dict[str, list[str]] = {
    "mailgun": ["event", "severity", "recipient", "message", "delivery-status", "timestamp"],
    "sendgrid": ["event", "type", "email", "smtp-id", "status", "reason", "timestamp"],
    "postmark": ["RecordType", "Type", "Email", "Metadata", "Details", "DeliveredAt", "Recipient"],
    "ses": ["bounceType", "bounceSubType", "bouncedRecipients", "timestamp"],
}


def with_values(provider: str, values: list[Any]) -> Payload:
    event = dict(zip(EVENT[provider], values, strict=False))
    event = orjson.loads(orjson.dumps(event, option=orjson.OPT_NON_STR_KEYS))
    match provider:
        case "mailgun":
            return mailgun_event(**event)
        case "sendgrid":
            return sendgrid_events(event)
        case "postmark":
            return postmark_event(**event)
        case _:
            return ses_event("Bounce", event)


@pytest.mark.parametrize("provider", HALVES)
@given(values=st.lists(VALUES, max_size=7))
def test_only_the_two_refusals_escape(provider: str, values: list[Any]) -> None:
    payload = with_values(provider, values)
    with suppress(InvalidSignature):
        HALVES[provider].verify(payload, channel(provider))
    with suppress(Unparseable):
        for report in read(provider, payload):
            assert_texts(report.reference, report.recipient, report.code, report.detail)
            assert report.occurred_at is None or report.occurred_at.tzinfo
