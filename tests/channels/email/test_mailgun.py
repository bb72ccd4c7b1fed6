"""Mailgun's routes: who posts, what mail it is, and what is none."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.channels.email.webhook_payloads import (
    FORM,
    JSON,
    NOW,
    channel_of,
    mailgun,
    mailgun_proof,
)
from tests.channels.email.wrapped_mail import WrappedMail, unparseable, withstands
from tests.channels.signatures import DatedProvider, Signed

from channels.contract import ChannelConfig, Inbound, Payload
from channels.email.mailgun import MailgunInbound


class TestMailgunSignature(DatedProvider):
    secret_name = "signing_key"
    longest_s = 9 * 3600

    @pytest.fixture
    def inbound(self) -> Inbound:
        return MailgunInbound()

    @pytest.fixture
    def channel(self) -> ChannelConfig:
        return channel_of("mailgun")

    @pytest.fixture
    def signed(self) -> Payload:
        return mailgun()

    @pytest.fixture
    def signed_ago(self) -> Signed:
        return lambda ago_s: mailgun(at=NOW - ago_s)

    def forged(self, _signed: Payload, signature: str | None) -> Payload:
        return mailgun(signature=signature or "")

    @pytest.mark.parametrize("name", ["timestamp", "token"])
    def test_refuses_what_is_signed_without_a_part(
        self, inbound: Inbound, channel: ChannelConfig, name: str
    ) -> None:
        without: dict[str, Any] = {name: ""}
        self.refuses(inbound, mailgun(**without), channel)

    def test_refuses_digits_moved_between_timestamp_and_token(
        self, inbound: Inbound, channel: ChannelConfig
    ) -> None:
        genuine: dict[str, Any] = mailgun_proof(NOW, "0" * 10)
        moved = genuine | {"timestamp": f"{NOW}0", "token": "0" * 9}
        self.refuses(inbound, mailgun(**moved), channel)

    @pytest.mark.parametrize("timestamp", ["1" * 5_000, "", "-1", "now", "\u0661" * 10])
    def test_refuses_timestamps_that_are_none(
        self, inbound: Inbound, channel: ChannelConfig, timestamp: str
    ) -> None:
        signed: dict[str, Any] = mailgun_proof(timestamp)
        self.refuses(inbound, mailgun(**signed), channel)

    @pytest.mark.parametrize("before", [b"", b"timestamp="], ids=["name", "value"])
    def test_decodes_nothing_large_before_it_is_verified(
        self, inbound: Inbound, channel: ChannelConfig, before: bytes
    ) -> None:
        escapes = b"%41" * 1_000_000
        began = time.process_time()
        unquote_to_bytes(escapes)
        decoded = time.process_time()
        self.refuses(inbound, Payload(FORM, before + escapes), channel)
        assert time.process_time() - decoded < 0.3 * (decoded - began)

    def test_refuses_what_is_no_form(
        self, inbound: Inbound, signed: Payload, channel: ChannelConfig
    ) -> None:
        self.refuses(inbound, replace(signed, content_type=JSON), channel)


class TestMailgunMail(WrappedMail):
    @pytest.fixture
    def inbound(self) -> Inbound:
        return MailgunInbound()

    @pytest.fixture
    def channel(self) -> ChannelConfig:
        return channel_of("mailgun")

    @pytest.fixture(params=[False, True], ids=["encoded", "multipart"])
    def wrapped(self, request: pytest.FixtureRequest) -> Callable[[bytes], Payload]:
        return lambda raw: mailgun(raw, is_multipart=request.param)


@pytest.mark.parametrize(
    ("changes", "recipient", "automatic"),
    [
        ({}, "support+tag@example.org", False),
        ({"recipient": "Other@Example.org"}, "other@example.org", False),
        ({"recipient": ""}, "support@example.org", False),
        ({"recipient": "nobody"}, "support@example.org", False),
        ({"sender": ""}, "support+tag@example.org", True),
    ],
)
def test_envelope(changes: dict[str, Any], recipient: str, automatic: bool) -> None:
    message = MailgunInbound().parse(mailgun(**changes), channel_of("mailgun"))
    assert (message.recipient, message.automatic) == (recipient, automatic)


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (mailgun(None), "no_raw_mail"),
        (Payload(FORM, b""), "no_raw_mail"),
        (Payload(JSON, b"{}"), "not_a_form"),
    ],
)
def test_unparseable(payload: Payload, code: str) -> None:
    error = unparseable(MailgunInbound(), channel_of("mailgun"), payload)
    assert error.code == code
    assert code != "no_raw_mail" or "/mime" in error.detail


NAMES = ["recipient", "sender", "timestamp", "token", "signature"]


@given(
    st.dictionaries(st.sampled_from(NAMES), st.text(max_size=20)),
    st.binary(max_size=200),
    st.booleans(),
)
def test_only_the_two_refusals_escape(
    changes: dict[str, Any], raw: bytes, is_multipart: bool
) -> None:
    changes = {name: value.encode("utf-8", "replace").decode() for name, value in changes.items()}
    payload = mailgun(b"From: a@b.example\r\n" + raw, is_multipart=is_multipart, **changes)
    withstands(MailgunInbound(), channel_of("mailgun"), payload)
