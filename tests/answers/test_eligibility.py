"""Who is never answered by a machine, and what strangers cannot make us say to others."""

from dataclasses import replace
from typing import Any

import pytest

from channels.contract import EmailHeaders, InboundMessage, ReceiptKey, Sender
from gateway.answers.eligibility import presentable, refusal_of

HEADERS = EmailHeaders("a@x.test", None, (), None, (), ())
MAIL = InboundMessage(
    kind="email",
    receipt=ReceiptKey("email", "1"),
    sender=Sender("email", "ann@example.com"),
    recipient="support@house.test",
    text="Where is it?",
    email=HEADERS,
)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"automatic_kind": "auto_reply"}, "automatic"),
        ({"automatic_kind": "bounce"}, "automatic"),
        ({"automatic_kind": "list"}, "automatic"),
        ({"sender": Sender("email", "no-reply@shop.test")}, "no_reply"),
        ({"sender": Sender("email", "do.not.reply@shop.test")}, "no_reply"),
        ({"sender": Sender("visitor", "noreply")}, None),
        ({"email": replace(HEADERS, spam=True)}, "spam"),
        ({"authentication": {"dmarc": "fail"}}, "unauthenticated"),
        ({"authentication": {"dmarc": "pass"}}, None),
        ({"consent": "stop"}, "consent"),
    ],
)
def test_who_is_not_answered(changes: dict[str, Any], reason: str | None) -> None:
    assert refusal_of(replace(MAIL, **changes)) == reason


@pytest.mark.parametrize("value", ["Ann Lee", "Dr. Ann O'Neil", "Renée 3", "Where is order 12?"])
def test_plain_words_may_be_said_again(value: str) -> None:
    assert presentable(value) == value


@pytest.mark.parametrize(
    "value",
    [
        "Buy at http://x.test",
        "see www.shop",
        "Win now at shop.example",
        "mail me@x",
        "a\nb",
        "<b>",
        "x" * 101,
        "",
        None,
    ],
)
def test_what_could_be_a_message_to_others_is_left_out(value: str | None) -> None:
    assert presentable(value) is None
