"""Twilio's status callbacks: who sent them, and what they say of a message."""

from contextlib import suppress
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.channels.signatures import SignedProvider
from tests.channels.sms.twilio_payloads import ACCOUNT, URL, Fields, delivered, twilio_channel
from tests.channels.storable import assert_texts

from channels.contract import ChannelConfig, DeliveryReport, Payload
from channels.errors import Failure, InvalidSignature, Unparseable
from channels.sms.twilio import TwilioStatus
from channels.sms.twilio_codes import FAILURES, STATES

SID = "SM" + "7" * 32
DELIVERY = UUID("0199aaaa-0000-7000-8000-000000000001")
STATUS_URL = f"https://desk.example.org/in/twilio/c1/status?delivery={DELIVERY}"


def status(**changes: str) -> Fields:
    form = {
        "AccountSid": ACCOUNT,
        "From": "+15005550006",
        "To": "+393331234567",
        "MessageSid": SID,
        "MessageStatus": "delivered",
        "SmsSid": SID,
        "SmsStatus": "delivered",
        "ApiVersion": "2010-04-01",
        **changes,
    }
    return [(name, value) for name, value in form.items() if value]


def read(form: Fields, url: str = STATUS_URL) -> tuple[DeliveryReport, ...]:
    return TwilioStatus().parse_status(delivered(form, url), twilio_channel())


class TestTwilioStatusSignature(SignedProvider):
    signature_header = "x-twilio-signature"
    secret_name = "auth_token"

    @pytest.fixture
    def inbound(self) -> TwilioStatus:
        return TwilioStatus()

    @pytest.fixture
    def channel(self) -> ChannelConfig:
        return twilio_channel()

    @pytest.fixture
    def signed(self) -> Payload:
        return delivered(status(), STATUS_URL)

    def test_refuses_another_delivery(
        self, inbound: TwilioStatus, signed: Payload, channel: ChannelConfig
    ) -> None:
        moved = {**signed.envelope, "url": STATUS_URL.replace("0001", "0002")}
        self.refuses(inbound, replace(signed, envelope=moved), channel)


def test_delivered() -> None:
    [report] = read(status())
    assert report == DeliveryReport(SID, "+393331234567", "delivered", delivery_id=DELIVERY)


def test_undelivered() -> None:
    form = status(MessageStatus="undelivered", ErrorCode="30003", ErrorMessage="Unreachable\nphone")
    [report] = read(form)
    assert (report.state, report.failure) == ("failed", Failure.UNREACHABLE)
    assert (report.code, report.detail) == ("30003", "Unreachable phone")


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        *((str(code), failure) for code, failure in FAILURES.items()),
        ("", Failure.REJECTED),
        ("99999", Failure.REJECTED),
        ("²", Failure.REJECTED),
        ("9" * 400, Failure.REJECTED),
    ],
)
def test_codes(code: str, failure: Failure) -> None:
    [report] = read(status(MessageStatus="failed", ErrorCode=code))
    assert report.failure is failure


def test_who_has_answered_stop_is_told_apart() -> None:
    [refused] = read(status(MessageStatus="failed", ErrorCode="21610"))
    [other] = read(status(MessageStatus="failed", ErrorCode="30005"))
    assert (refused.unwanted, other.unwanted) == (True, False)


@pytest.mark.parametrize(("said", "state"), STATES.items())
def test_states(said: str, state: str) -> None:
    [report] = read(status(MessageStatus=said))
    assert report.state == state
    assert (report.failure is None) is (state != "failed")


def test_whatsapp_is_the_number() -> None:
    [report] = read(status(To="whatsapp:+393331234567", MessageStatus="read"))
    assert (report.recipient, report.state) == ("+393331234567", "delivered")


@pytest.mark.parametrize("url", [URL, STATUS_URL[:-1], "https://x/?delivery=", "https://[", ""])
def test_without_our_identifier_the_provider_s_is_left(url: str) -> None:
    payload = replace(delivered(status()), envelope={"url": url})
    [report] = TwilioStatus().parse_status(payload, twilio_channel())
    assert (report.reference, report.delivery_id) == (SID, None)


def test_a_state_of_the_future_says_nothing() -> None:
    assert read(status(MessageStatus="pondering", SmsStatus="")) == ()


def test_without_an_identifier() -> None:
    with pytest.raises(Unparseable, match="MessageSid"):
        read(status(MessageSid="", SmsSid=""))


PAIRS = st.lists(
    st.tuples(
        st.sampled_from(["MessageSid", "MessageStatus", "ErrorCode", "ErrorMessage", "To", "x"]),
        st.text(max_size=20) | st.sampled_from([*STATES, "30003", "9" * 400]),
    ),
    max_size=12,
)


@given(PAIRS, st.binary(max_size=10), st.text(max_size=40))
def test_only_the_two_refusals_escape(form: Fields, tail: bytes, url: str) -> None:
    payload = delivered(form)
    payload = replace(payload, body=payload.body + tail, envelope={"url": url})
    with suppress(Unparseable):
        for report in TwilioStatus().parse_status(payload, twilio_channel()):
            assert_texts(report.reference, report.recipient, report.code, report.detail)
    with suppress(InvalidSignature):
        TwilioStatus().verify(payload, twilio_channel())
