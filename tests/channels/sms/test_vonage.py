"""Vonage's webhooks: who sent them, what they say, and what is no message."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from time import process_time
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.channels.signatures import SignedProvider
from tests.channels.sms.vonage_payloads import (
    JSON_TYPE,
    MESSAGE_ID,
    SECRET,
    delivered,
    encoded,
    failed,
    message,
    status,
    token,
    vonage_channel,
)
from tests.channels.storable import assert_storable, assert_texts

from channels.contract import (
    ChannelConfig,
    DeliveryReport,
    InboundMessage,
    Payload,
    ReceiptKey,
    RemoteFile,
)
from channels.errors import Failure, InvalidSignature, Unparseable
from channels.sms.vonage import VonageInbound, VonageStatus
from channels.sms.vonage_codes import FAILURES, STATES

DELIVERY = UUID("0199aaaa-0000-7000-8000-000000000001")


class TestVonageSignature(SignedProvider):
    secret_name = "signature_secret"

    def forged(self, signed: Payload, signature: str | None) -> Payload:
        return replace(signed, proof={} if signature is None else {"authorization": signature})

    @pytest.fixture
    def inbound(self) -> VonageInbound | VonageStatus:
        return VonageInbound()

    @pytest.fixture
    def channel(self) -> ChannelConfig:
        return vonage_channel()

    @pytest.fixture
    def signed(self) -> Payload:
        return delivered(message())

    @pytest.mark.parametrize("alg", ["none", "HS512", "RS256", ""])
    def test_refuses_another_algorithm(
        self, inbound: VonageInbound, channel: ChannelConfig, alg: str
    ) -> None:
        self.refuses(inbound, delivered(message(), alg=alg), channel)

    def test_refuses_a_token_without_signature(
        self, inbound: VonageInbound, signed: Payload, channel: ChannelConfig
    ) -> None:
        claims = encoded(orjson.dumps({"alg": "none"}))
        for bare in (f"{claims}.{claims}.", f"{claims}.", f"{claims}.{claims}", "..", "."):
            self.refuses(inbound, self.forged(signed, f"Bearer {bare}"), channel)

    @pytest.mark.parametrize("name", ["api_key", "application_id"])
    def test_refuses_another_account(
        self, inbound: VonageInbound, channel: ChannelConfig, name: str
    ) -> None:
        other = delivered(message(), **{name: "another"})
        assert name in str(self.refuses(inbound, other, channel))
        unset = {key: value for key, value in channel.settings.items() if key != name}
        inbound.verify(other, replace(channel, settings=unset))

    @pytest.mark.parametrize("scheme", ["Basic", "", "bearer "])
    def test_the_scheme_is_bearer(
        self, inbound: VonageInbound, signed: Payload, channel: ChannelConfig, scheme: str
    ) -> None:
        payload = self.forged(signed, f"{scheme} {token(signed.body)}")
        if scheme.strip() == "bearer":
            inbound.verify(payload, channel)
        else:
            self.refuses(inbound, payload, channel)


class TestVonageStatusSignature(TestVonageSignature):
    @pytest.fixture
    def inbound(self) -> VonageInbound | VonageStatus:
        return VonageStatus()

    @pytest.fixture
    def signed(self) -> Payload:
        return delivered(status())


def read(document: Any) -> InboundMessage:
    return VonageInbound().parse(delivered(document), vonage_channel())


def heard(document: Any, url: str = "") -> tuple[DeliveryReport, ...]:
    return VonageStatus().parse_status(delivered(document, url), vonage_channel())


def test_message() -> None:
    found = read(message())
    assert found.receipt == ReceiptKey("vonage", MESSAGE_ID)
    assert (found.sender.space, found.sender.address) == ("phone", "+393331234567")
    assert found.recipient == "+447700900001"
    assert found.text == "Dov'è il mio pacco? 📦"
    assert found.sent_at == datetime(2026, 11, 2, 10, tzinfo=UTC)
    assert found.attributes == {"transport": "sms"}
    assert found.consent is None


def test_whatsapp() -> None:
    found = read(message(channel="whatsapp", profile={"name": "Ada"}, sms=None))
    assert (found.sender.address, found.sender.name) == ("+393331234567", "Ada")
    assert found.attributes == {"transport": "whatsapp"}


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"image": {"url": "https://x", "caption": "Broken"}}, "Broken"),
        ({"reply": {"id": "1", "title": "Yes, please"}}, "Yes, please"),
        ({"button": {"payload": "p", "text": "Track"}}, "Track"),
        ({"location": {"lat": 1, "long": 2, "name": "Home", "address": "Via 1"}}, "Home\nVia 1"),
        ({"message_type": "unsupported"}, ""),
    ],
)
def test_what_is_no_plain_text(changes: dict[str, Any], text: str) -> None:
    assert read(message(text=None, channel="whatsapp", **changes)).text == text


def test_files() -> None:
    photo = {"url": "https://api-us.nexmo.com/v3/media/1", "name": "photo.jpg"}
    voice = {"type": "audio", "url": "https://api-us.nexmo.com/v3/media/2"}
    found = read(message(channel="mms", text=None, image=photo, content=[voice, "odd", {}]))
    assert found.files == (
        RemoteFile("https://api-us.nexmo.com/v3/media/1", filename="photo.jpg"),
        RemoteFile("https://api-us.nexmo.com/v3/media/2"),
    )


@pytest.mark.parametrize(("word", "consent"), [("STOP", "stop"), ("start", "start"), ("?", None)])
def test_who_wants_no_more(word: str, consent: str | None) -> None:
    assert read(message(text=word)).consent == consent


@pytest.mark.parametrize(
    ("changes", "sender"), [({"from": "48022"}, "48022"), ({"from": "ACME"}, "ACME")]
)
def test_odd_senders(changes: dict[str, str], sender: str) -> None:
    assert read(message(**changes)).sender.address == sender


@pytest.mark.parametrize("moment", ["", "yesterday", "2026-11-02T10:00:00", "0001-01-01T00:00:00Z"])
def test_a_moment_that_is_none(moment: str) -> None:
    assert read(message(timestamp=moment)).sent_at is None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (orjson.dumps(message(message_uuid=None)), "missing_field"),
        (orjson.dumps(message(**{"from": None})), "missing_field"),
        (orjson.dumps(message(**{"from": {"type": "sms", "number": "1"}})), "missing_field"),
        (orjson.dumps(message(channel="messenger")), "missing_field"),
        (b"[]", "not_json"),
        (b"{", "not_json"),
        (b"", "not_json"),
        (b"\xff", "not_json"),
        (b"[" * 100_000, "not_json"),
    ],
)
def test_unparseable(body: bytes, code: str) -> None:
    with pytest.raises(Unparseable) as caught:
        VonageInbound().parse(Payload(JSON_TYPE, body), vonage_channel())
    assert caught.value.code == code


def test_delivered() -> None:
    [report] = heard(status(client_ref=str(DELIVERY)))
    moment = datetime(2026, 11, 2, 10, 0, 5, tzinfo=UTC)
    assert report == DeliveryReport(
        MESSAGE_ID, "+393331234567", "delivered", occurred_at=moment, delivery_id=DELIVERY
    )


def test_a_reference_that_is_not_ours_leaves_the_url() -> None:
    url = f"https://desk.example.org/in/vonage/c1/status?delivery={DELIVERY}"
    [report] = heard(status(client_ref="ours"), url)
    assert report.delivery_id == DELIVERY
    [report] = heard(status(client_ref="ours"))
    assert report.delivery_id is None


@pytest.mark.parametrize(("code", "failure"), [*FAILURES.items(), ("9999", Failure.REJECTED)])
def test_codes(code: str, failure: Failure) -> None:
    [report] = heard(status(**failed(code)))
    assert (report.state, report.failure, report.code) == ("failed", failure, code)
    assert report.detail == "It was refused"
    assert report.unwanted is (code == "1240")


def test_a_number_as_title_is_a_code() -> None:
    [report] = heard(status(status="rejected", error={"title": 1180}))
    assert report.failure is Failure.UNREACHABLE


@pytest.mark.parametrize(("said", "state"), STATES.items())
def test_states(said: str, state: str) -> None:
    [report] = heard(status(status=said))
    assert report.state == state
    assert (report.failure is None) is (state != "failed")


def test_a_state_of_the_future_says_nothing() -> None:
    assert heard(status(status="pondering")) == ()


def test_a_report_of_nothing() -> None:
    with pytest.raises(Unparseable, match="message_uuid"):
        heard(status(message_uuid=None))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["url", "name", "caption", "type", "title"]), inner)
    ),
    max_leaves=6,
)
NAMES = [*message(), *status(), "image", "content", "profile", "error", "reply", "location"]


@given(st.dictionaries(st.sampled_from(NAMES), VALUES), st.binary(max_size=10))
def test_only_the_two_refusals_escape(changes: dict[str, Any], tail: bytes) -> None:
    for document in (message(**changes), status(**changes)):
        for payload in (delivered(document), Payload(JSON_TYPE, orjson.dumps(document) + tail)):
            with suppress(Unparseable):
                assert_storable(VonageInbound().parse(payload, vonage_channel()))
            with suppress(Unparseable):
                for report in VonageStatus().parse_status(payload, vonage_channel()):
                    assert_texts(report.reference, report.recipient, report.code, report.detail)


@given(st.text(alphabet="Bearer .=AZaz09-_\x00\xe8", max_size=60), st.binary(max_size=40))
def test_no_token_is_taken_by_chance(authorization: str, body: bytes) -> None:
    payload = Payload(JSON_TYPE, body, proof={"authorization": authorization})
    with pytest.raises(InvalidSignature) as caught:
        VonageInbound().verify(payload, vonage_channel())
    assert SECRET not in str(caught.value)


def test_linear_time() -> None:
    def seconds(size: int) -> float:
        files = [{"url": "https://api.nexmo.com/" + "x" * 50}] * (size // 100)
        payload = delivered(message(text="a\x00b \r" * (size // 10), content=files))
        best = []
        for _ in range(3):
            began = process_time()
            VonageInbound().verify(payload, vonage_channel())
            VonageInbound().parse(payload, vonage_channel())
            best.append(process_time() - began)
        return min(best)

    assert seconds(1_000_000) < 8 * seconds(250_000) + 0.05
