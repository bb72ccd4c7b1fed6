"""Forms: both formats, every field named that is wrong, and what counts as the same again."""

import json
from contextlib import suppress
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.channels.builders import CHANNEL_ID, form_channel
from tests.channels.storable import assert_storable

from channels.contract import InboundMessage, Payload
from channels.errors import InvalidForm, Unparseable
from channels.web_form import WebFormInbound

URLENCODED = "application/x-www-form-urlencoded"
GOOD = {"email": "Ada@Example.com", "message": "Hello\r\nthere"}


def submitted(fields: Any, **envelope: str) -> InboundMessage:
    payload = Payload("application/json; charset=utf-8", json.dumps(fields).encode(), envelope)
    return WebFormInbound().parse(payload, form_channel())


def problems(fields: Any) -> list[str]:
    with pytest.raises(InvalidForm) as caught:
        submitted(fields)
    return [pointer for pointer, _ in caught.value.problems]


def test_json() -> None:
    more = {"name": " Ada ", "subject": "Order", "order": 7, "vip": True, "rate": 1.5, "gone": None}
    message = submitted(GOOD | more)
    assert (message.sender.space, message.sender.address) == ("email", "ada@example.com")
    assert message.sender.name == "Ada"
    assert message.recipient == "contact-form"
    assert message.text == "Hello\nthere"
    assert message.subject == "Order"
    assert message.attributes == {"order": "7", "vip": "true", "rate": "1.5"}


def test_urlencoded() -> None:
    body = urlencode({**GOOD, "message": "è & 1+1", "plan": ""}).encode()
    message = WebFormInbound().parse(Payload(URLENCODED, body), form_channel())
    assert message.text == "è & 1+1"
    assert message.attributes == {"plan": ""}


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ({"email": None}, ["/email"]),
        ({"email": "ada"}, ["/email"]),
        ({"email": "ada@example.com\nBcc: x@y.zz"}, ["/email"]),
        ({"email": 5}, ["/email"]),
        ({"email": "a" * 250 + "@example.com"}, ["/email"]),
        ({"message": None}, ["/message"]),
        ({"message": ""}, ["/message"]),
        ({"message": " \n"}, ["/message"]),
        ({"message": "x" * 100_001}, ["/message"]),
        ({"message": ["x"]}, ["/message"]),
        ({"name": 5}, ["/name"]),
        ({"subject": "s" * 501}, ["/subject"]),
        ({"submission_id": ""}, ["/submission_id"]),
        ({"submission_id": "s" * 201}, ["/submission_id"]),
        ({"a b": 1}, ["/a b"]),
        ({"a~/b": 1}, ["/a~0~1b"]),
        ({"n" * 65: 1}, ["/" + "n" * 65]),
        ({"list": []}, ["/list"]),
        ({"long": "v" * 2001}, ["/long"]),
        ({"": 1}, ["/"]),
        ({f"f{n}": n for n in range(51)}, [""]),
        (
            {"email": "x", "message": "", "name": [], "bad": {}},
            ["/email", "/message", "/name", "/bad"],
        ),
    ],
)
def test_every_wrong_field_is_named(changes: dict[str, Any], pointers: list[str]) -> None:
    assert problems(GOOD | changes) == pointers


def test_limits_are_allowed() -> None:
    fields = {f"f{n}": "v" * 2000 for n in range(50)}
    assert len(submitted(GOOD | fields | {"message": "x" * 100_000}).attributes) == 50


@pytest.mark.parametrize("body", [[], "x", 5, None])
def test_the_body_must_be_an_object(body: Any) -> None:
    assert problems(body) == [""]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{"),
        ("application/json", b'"\xff"'),
        ("application/json", b"[" * 100_000),
        (URLENCODED, b"email=%ff"),
        (URLENCODED, b"\xff"),
        (URLENCODED, b"a=1&" * 2000),
        ("text/plain", b"email=a@example.com&message=x"),
        ("", b"{}"),
    ],
)
def test_not_a_form(content_type: str, body: bytes) -> None:
    with pytest.raises(Unparseable) as caught:
        WebFormInbound().parse(Payload(content_type, body), form_channel())
    assert caught.value.code == "not_a_form"


def test_receipt_by_submission_id() -> None:
    receipt = submitted(GOOD | {"submission_id": "s-1"}).receipt
    assert (receipt.space, receipt.key) == ("form", f"{CHANNEL_ID}:s-1")
    assert receipt.repeats_within is None


def test_receipt_by_idempotency_key_goes_first() -> None:
    receipt = submitted(GOOD | {"submission_id": "s-1"}, **{"idempotency-key": "k-1"}).receipt
    assert receipt.key == f"{CHANNEL_ID}:k-1"


@pytest.mark.parametrize("key", ["k" * 5000, "\0", "k\r\n"])
def test_odd_keys_are_digested(key: str) -> None:
    message = submitted(GOOD, **{"idempotency-key": key})
    assert_storable(message)
    assert key not in message.receipt.key


def test_receipt_by_content_holds_for_ten_minutes() -> None:
    receipt = submitted(GOOD).receipt
    assert receipt.space == "form_digest"
    assert receipt.key.startswith(f"{CHANNEL_ID}:")
    assert receipt.repeats_within == timedelta(minutes=10)
    assert submitted(GOOD | {"email": "ada@example.com"}).receipt == receipt


@pytest.mark.parametrize(
    "changes", [{"message": "Other"}, {"email": "bob@example.com"}, {"subject": "s"}]
)
def test_other_content_is_another_submission(changes: dict[str, str]) -> None:
    assert submitted(GOOD | changes).receipt != submitted(GOOD).receipt


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*GOOD, "name", "subject", "x"]) | st.text(), JSON))
def test_only_unparseable_escapes_from_json(fields: dict[str, Any]) -> None:
    with suppress(Unparseable):
        assert_storable(submitted(GOOD | fields))


@given(st.sampled_from(["application/json", URLENCODED]), st.binary())
def test_only_unparseable_escapes_from_bytes(content_type: str, body: bytes) -> None:
    with suppress(Unparseable):
        assert_storable(WebFormInbound().parse(Payload(content_type, body), form_channel()))


def test_nothing_is_refused_by_signature() -> None:
    WebFormInbound().verify(Payload("", b""), form_channel())
