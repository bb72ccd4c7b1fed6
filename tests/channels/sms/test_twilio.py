"""Twilio's webhook: who sent it, what it says, and what is no message."""

from contextlib import suppress
from dataclasses import replace
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.channels.signatures import SignedProvider
from tests.channels.sms.twilio_payloads import (
    ACCOUNT,
    FORM_TYPE,
    delivered,
    fields,
    twilio_channel,
)
from tests.channels.storable import assert_storable

from channels.contract import ChannelConfig, Inbound, Payload, ReceiptKey, RemoteFile
from channels.errors import InvalidSignature, Unparseable
from channels.sms.twilio import TwilioInbound


class TestTwilioSignature(SignedProvider):
    signature_header = "x-twilio-signature"
    secret_name = "auth_token"

    @pytest.fixture
    def inbound(self) -> Inbound:
        return TwilioInbound()

    @pytest.fixture
    def channel(self) -> ChannelConfig:
        return twilio_channel()

    @pytest.fixture
    def signed(self) -> Payload:
        return delivered(fields())

    @pytest.mark.parametrize(
        "form",
        [
            [*fields(), ("Blank", "")],
            [*fields(), ("Twice", "b"), ("Twice", "a")],
            [*fields(), ("Twice", "a"), ("Twice", "a")],
        ],
        ids=["blank", "repeated", "repeated equally"],
    )
    def test_accepts_what_twilio_may_sign(
        self, inbound: Inbound, channel: ChannelConfig, form: list[tuple[str, str]]
    ) -> None:
        inbound.verify(delivered(form), channel)

    def test_refuses_another_url(
        self, inbound: Inbound, signed: Payload, channel: ChannelConfig
    ) -> None:
        moved = {**signed.envelope, "url": "https://elsewhere.example/"}
        self.refuses(inbound, replace(signed, envelope=moved), channel)

    def test_refuses_a_broken_url(
        self, inbound: Inbound, signed: Payload, channel: ChannelConfig
    ) -> None:
        broken = {**signed.envelope, "url": "https://desk.example.org:port/"}
        self.refuses(inbound, replace(signed, envelope=broken), channel)

    def test_refuses_another_account(self, inbound: Inbound, channel: ChannelConfig) -> None:
        other = delivered(fields(AccountSid="AC" + "9" * 32))
        assert "AccountSid" in str(self.refuses(inbound, other, channel))

    def test_refuses_without_account(self, inbound: Inbound, channel: ChannelConfig) -> None:
        unset = replace(channel, settings={})
        self.refuses(inbound, delivered(fields(AccountSid="")), unset)


def test_message() -> None:
    message = TwilioInbound().parse(delivered(fields()), twilio_channel())
    assert message.receipt == ReceiptKey("twilio", f"{ACCOUNT}:SM{'1' * 32}")
    assert (message.sender.space, message.sender.address) == ("phone", "+393331234567")
    assert message.recipient == "+15005550006"
    assert message.text == "Dov'è il mio pacco? 📦"
    assert message.attributes == {"transport": "sms"}


def test_whatsapp() -> None:
    form = fields(From="whatsapp:+393331234567", To="whatsapp:+15005550006", ProfileName="Ada")
    message = TwilioInbound().parse(delivered(form), twilio_channel())
    assert message.sender.address == "+393331234567"
    assert message.sender.name == "Ada"
    assert message.recipient == "+15005550006"
    assert message.attributes["transport"] == "whatsapp"


def test_media_stay_with_twilio() -> None:
    form = fields(NumMedia="2", MediaUrl0="https://api.example/m", MediaContentType0="image/PNG")
    message = TwilioInbound().parse(delivered(form), twilio_channel())
    assert message.files == (RemoteFile("https://api.example/m", "image/png"),)
    assert "api.example" not in repr(message)


@pytest.mark.parametrize(
    ("changes", "consent"),
    [
        ({"Body": " Stop\n"}, "stop"),
        ({"Body": "UNSTOP"}, "start"),
        ({"Body": "HELP"}, None),
        ({"Body": "please stop"}, None),
        ({"Body": "basta", "OptOutType": "STOP"}, "stop"),
        ({"Body": "inizia", "OptOutType": "START"}, "start"),
        ({"Body": "stop", "OptOutType": "HELP"}, None),
    ],
)
def test_who_wants_no_more(changes: dict[str, str], consent: str | None) -> None:
    message = TwilioInbound().parse(delivered(fields(**changes)), twilio_channel())
    assert message.consent == consent


@pytest.mark.parametrize(
    ("changes", "sender"),
    [({"From": "48022"}, "48022"), ({"From": "ACME"}, "ACME"), ({"Body": ""}, "+393331234567")],
)
def test_odd_senders_and_empty_texts(changes: dict[str, str], sender: str) -> None:
    message = TwilioInbound().parse(delivered(fields(**changes)), twilio_channel())
    assert message.sender.address == sender


def test_the_older_identifier_is_enough() -> None:
    message = TwilioInbound().parse(delivered(fields(MessageSid="")), twilio_channel())
    assert message.receipt.key.endswith("1" * 32)


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (delivered(fields(From="")), "missing_field"),
        (delivered(fields(MessageSid="", SmsSid="")), "missing_field"),
        (Payload("application/json", b"{}"), "not_a_form"),
        (Payload(FORM_TYPE, b"From=%FF&MessageSid=SM1"), "not_a_form"),
        (Payload(FORM_TYPE, b"\xff\xfe"), "not_a_form"),
        (Payload(FORM_TYPE, b"a=1&" * 1000), "not_a_form"),
        (Payload(FORM_TYPE, b""), "missing_field"),
    ],
)
def test_unparseable(payload: Payload, code: str) -> None:
    with pytest.raises(Unparseable) as caught:
        TwilioInbound().parse(payload, twilio_channel())
    assert caught.value.code == code


PAIRS = st.lists(
    st.tuples(
        st.sampled_from(["From", "To", "MessageSid", "AccountSid", "Body", "NumMedia", "x"]),
        st.text(max_size=20) | st.sampled_from(["whatsapp:", "+39", "9" * 400, "²"]),
    ),
    max_size=12,
)


@given(PAIRS, st.binary(max_size=10))
def test_only_the_two_refusals_escape(form: list[tuple[str, str]], tail: bytes) -> None:
    payload = delivered(form)
    payload = replace(payload, body=payload.body + tail)
    with suppress(Unparseable):
        assert_storable(TwilioInbound().parse(payload, twilio_channel()))
    with suppress(InvalidSignature):
        TwilioInbound().verify(payload, twilio_channel())


def test_linear_time() -> None:
    def seconds(size: int) -> float:
        payload = delivered(fields(Body="a\x00b \r" * (size // 10), x="%" * (size // 3)))
        best = []
        for _ in range(3):
            began = process_time()
            TwilioInbound().verify(payload, twilio_channel())
            TwilioInbound().parse(payload, twilio_channel())
            best.append(process_time() - began)
        return min(best)

    assert seconds(1_000_000) < 8 * seconds(250_000) + 0.05
