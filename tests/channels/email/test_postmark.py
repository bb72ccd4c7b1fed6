"""Postmark's inbound webhook with raw content: who posts, what mail it is, and what is none."""

import base64
from collections.abc import Callable
from dataclasses import replace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.channels.email.webhook_payloads import (
    JSON,
    PASSWORD,
    basic,
    channel_of,
    postmark,
)
from tests.channels.email.wrapped_mail import JUNK, WrappedMail, unparseable, withstands
from tests.channels.signatures import GuardedProvider

from channels.contract import ChannelConfig, Inbound, Payload
from channels.email.postmark import PostmarkInbound


class TestPostmarkPassword(GuardedProvider):
    secret_name = "webhook_password"

    @pytest.fixture
    def inbound(self) -> Inbound:
        return PostmarkInbound()

    @pytest.fixture
    def channel(self) -> ChannelConfig:
        return channel_of("postmark")

    @pytest.fixture
    def signed(self) -> Payload:
        return postmark()

    def forged(self, signed: Payload, signature: str | None) -> Payload:
        return replace(signed, proof={} if signature is None else {"authorization": signature})

    @pytest.mark.parametrize(
        "authorization",
        [
            basic(password="another"),
            basic(username="another"),
            basic("", ""),
            basic().replace("Basic", "Bearer"),
            "Basic",
            f"Basic desk:{PASSWORD}",
            "Basic " + base64.b64encode(b"desk").decode(),
        ],
    )
    def test_refuses_another_login(
        self, inbound: Inbound, signed: Payload, channel: ChannelConfig, authorization: str
    ) -> None:
        self.refuses(inbound, self.forged(signed, authorization), channel)

    def test_takes_the_scheme_in_any_case(
        self, inbound: Inbound, signed: Payload, channel: ChannelConfig
    ) -> None:
        inbound.verify(self.forged(signed, basic().replace("Basic", "basic")), channel)

    @pytest.mark.parametrize("username", [None, "", "another"])
    def test_refuses_without_the_right_user(
        self, inbound: Inbound, signed: Payload, channel: ChannelConfig, username: str | None
    ) -> None:
        settings = {} if username is None else {"webhook_username": username}
        self.refuses(inbound, signed, replace(channel, settings=settings))


class TestPostmarkMail(WrappedMail):
    @pytest.fixture
    def inbound(self) -> Inbound:
        return PostmarkInbound()

    @pytest.fixture
    def channel(self) -> ChannelConfig:
        return channel_of("postmark")

    @pytest.fixture
    def wrapped(self) -> Callable[[bytes], Payload]:
        return postmark


@pytest.mark.parametrize(
    ("given_recipient", "recipient"),
    [
        ("support+tag@example.org", "support+tag@example.org"),
        ("451d@inbound.postmarkapp.com", "451d@inbound.postmarkapp.com"),
        (None, "support@example.org"),
        (["a@example.org"], "support@example.org"),
    ],
)
def test_recipient(given_recipient: object, recipient: str) -> None:
    payload = postmark(OriginalRecipient=given_recipient)
    assert PostmarkInbound().parse(payload, channel_of("postmark")).recipient == recipient


def test_the_null_sender_is_read_from_the_mail() -> None:
    raw = b"Return-Path: <>\r\nFrom: a@example.com\r\n\r\nNo such user."
    message = PostmarkInbound().parse(postmark(raw), channel_of("postmark"))
    assert message.automatic


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (postmark(None), "no_raw_mail"),
        (postmark(None, RawEmail=7), "no_raw_mail"),
        (Payload(JSON, b"{"), "not_json"),
        (Payload(JSON, b"[]"), "not_json"),
        (Payload(JSON, b'"\\ud800"'), "not_json"),
    ],
)
def test_unparseable(payload: Payload, code: str) -> None:
    error = unparseable(PostmarkInbound(), channel_of("postmark"), payload)
    assert error.code == code
    assert code != "no_raw_mail" or "raw" in error.detail


@given(st.dictionaries(st.sampled_from(["RawEmail", "OriginalRecipient"]), JUNK), st.binary())
def test_only_the_two_refusals_escape(changes: dict[str, object], tail: bytes) -> None:
    document = orjson.dumps(changes, option=orjson.OPT_NON_STR_KEYS)
    payload = replace(postmark(), body=document)
    withstands(PostmarkInbound(), channel_of("postmark"), payload)
    withstands(PostmarkInbound(), channel_of("postmark"), replace(payload, body=document + tail))


@given(st.text(max_size=200), st.text(max_size=40))
def test_only_the_two_refusals_escape_from_a_mail(raw: str, authorization: str) -> None:
    raw = "From: a@b.example\r\n" + raw.encode("utf-8", "replace").decode()
    payload = postmark(raw.encode())
    withstands(PostmarkInbound(), channel_of("postmark"), payload)
    forged = replace(payload, proof={"authorization": authorization})
    withstands(PostmarkInbound(), channel_of("postmark"), forged)
