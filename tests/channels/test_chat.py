"""The visitor's protocol, and its messages as the gateway's."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.channels.builders import chat_channel
from tests.channels.storable import assert_storable

from channels.chat import (
    Ack,
    AgentRead,
    AgentState,
    AgentTyping,
    AskTranscript,
    ChatInbound,
    ClientFrame,
    ClientMessage,
    Done,
    Err,
    Hello,
    InvalidFrame,
    LeaveEmail,
    Ping,
    Pong,
    Read,
    Seen,
    ServerFrame,
    ServerMessage,
    VisitorTyping,
    Welcome,
    decode,
    encode,
    identity_of,
    is_proven,
    user_hash,
)
from channels.contract import Payload, ReceiptKey
from channels.errors import Unparseable

CLIENT_FRAMES: list[tuple[dict[str, Any], ClientFrame]] = [
    ({"t": "hello", "v": 1}, Hello(1)),
    (
        {"t": "hello", "v": 1, "token": "tok", "conversation": "c1", "after": 7},
        Hello(1, "tok", "c1", 7),
    ),
    ({"t": "message", "id": "m1", "text": "hello"}, ClientMessage("m1", "hello")),
    ({"t": "hello", "v": 1, "user": "42", "hash": "ab"}, Hello(1, user="42", hash="ab")),
    ({"t": "seen", "seq": 3}, Seen(3)),
    ({"t": "read", "seq": 3}, Read(3)),
    ({"t": "typing", "on": True}, VisitorTyping(on=True)),
    ({"t": "email", "email": "a@b.example"}, LeaveEmail("a@b.example")),
    ({"t": "transcript"}, AskTranscript()),
    ({"t": "transcript", "email": "a@b.example"}, AskTranscript("a@b.example")),
    ({"t": "pong"}, Pong()),
]


@pytest.mark.parametrize(("wire", "frame"), CLIENT_FRAMES)
def test_client_frames_there_and_back(wire: dict[str, Any], frame: ClientFrame) -> None:
    assert decode(json.dumps(wire)) == frame
    assert json.loads(encode(frame)) == wire


@pytest.mark.parametrize(
    ("frame", "wire"),
    [
        (
            Welcome(1, "tok", "visitor-1", 4),
            {
                "t": "welcome",
                "v": 1,
                "token": "tok",
                "visitor": "visitor-1",
                "seq": 4,
                "online": True,
            },
        ),
        (
            Ack("m1", "id-1", "c1", 5, duplicate=False),
            {
                "t": "ack",
                "id": "m1",
                "message": "id-1",
                "conversation": "c1",
                "seq": 5,
                "duplicate": False,
            },
        ),
        (
            ServerMessage("c1", 5, "id-1", "outbound", "hi", datetime(2026, 6, 2, 8, tzinfo=UTC)),
            {
                "t": "message",
                "conversation": "c1",
                "seq": 5,
                "id": "id-1",
                "direction": "outbound",
                "text": "hi",
                "at": "2026-06-02T08:00:00+00:00",
            },
        ),
        (AgentState("joined", "Ada"), {"t": "agent", "state": "joined", "name": "Ada"}),
        (AgentTyping(on=False), {"t": "typing", "on": False}),
        (AgentRead(3), {"t": "read", "seq": 3}),
        (Done("email"), {"t": "done", "what": "email"}),
        (Ping(), {"t": "ping"}),
        (
            Err("invalid_field", "text is too long", "m1"),
            {"t": "err", "code": "invalid_field", "detail": "text is too long", "ref": "m1"},
        ),
    ],
)
def test_server_frames(frame: ServerFrame, wire: dict[str, Any]) -> None:
    assert json.loads(encode(frame)) == wire


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "not_json"),
        ("{", "not_json"),
        ("[]", "not_json"),
        (b"\xff", "not_json"),
        ("{}", "unknown_frame"),
        ('{"t": 5}', "unknown_frame"),
        ('{"t": []}', "unknown_frame"),
        ('{"t": "ack"}', "unknown_frame"),
        ('{"t": "hello"}', "invalid_field"),
        ('{"t": "hello", "v": 2}', "unsupported_version"),
        ('{"t": "hello", "v": true}', "invalid_field"),
        ('{"t": "hello", "v": 1, "token": 5}', "invalid_field"),
        ('{"t": "hello", "v": 1, "conversation": []}', "invalid_field"),
        ('{"t": "hello", "v": 1, "after": -1}', "invalid_field"),
        ('{"t": "message", "text": "x"}', "invalid_field"),
        ('{"t": "message", "id": "", "text": "x"}', "invalid_field"),
        (f'{{"t": "message", "id": "{"i" * 65}", "text": "x"}}', "invalid_field"),
        ('{"t": "message", "id": "m", "text": " "}', "invalid_field"),
        (f'{{"t": "message", "id": "m", "text": "{"x" * 8001}"}}', "invalid_field"),
        ('{"t": "seen", "seq": 1.5}', "invalid_field"),
        ('{"t": "read"}', "invalid_field"),
        ('{"t": "typing", "on": 1}', "invalid_field"),
        ('{"t": "email", "email": "ada"}', "invalid_field"),
        ('{"t": "transcript", "email": 5}', "invalid_field"),
        (f'{{"t": "hello", "v": 1, "user": "{"u" * 201}"}}', "invalid_field"),
        ('{"t": "seen", "seq": 9223372036854775808}', "invalid_field"),
    ],
)
def test_invalid_frames(text: str | bytes, code: str) -> None:
    with pytest.raises(InvalidFrame) as caught:
        decode(text)
    assert caught.value.code == code


def test_tokens_stay_out_of_logs() -> None:
    assert "secret" not in repr(Hello(1, "secret")) + repr(Welcome(1, "secret", "v", 1))


def parse(body: bytes, **envelope: str) -> Any:
    return ChatInbound().parse(Payload("application/json", body, envelope), chat_channel())


def test_inbound() -> None:
    message = parse(b'{"t":"message","id":"m1","text":"a\\u0000b\\r\\n"}', visitor="visitor-1")
    assert message.receipt == ReceiptKey("chat", "visitor-1:m1")
    assert (message.sender.space, message.sender.address) == ("visitor", "visitor-1")
    assert message.text == "a\ufffdb\n"
    assert message.recipient == "website"


@pytest.mark.parametrize(
    ("body", "envelope", "code"),
    [
        (b'{"t":"message","id":"m1","text":"x"}', {}, "no_visitor"),
        (b'{"t":"pong"}', {"visitor": "v"}, "unknown_frame"),
        (b"nonsense", {"visitor": "v"}, "not_json"),
    ],
)
def test_unparseable(body: bytes, envelope: dict[str, str], code: str) -> None:
    with pytest.raises(Unparseable) as caught:
        parse(body, **envelope)
    assert caught.value.code == code


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text())
FIELDS = st.sampled_from(["v", "id", "text", "seq", "token", "conversation", "after"])
FRAMES = st.fixed_dictionaries(
    {"t": st.sampled_from(["hello", "message", "seen", "pong"]) | VALUES}
).flatmap(lambda kind: st.dictionaries(FIELDS, VALUES).map(lambda fields: fields | kind))


@given(FRAMES.map(json.dumps) | st.text() | st.binary())
def test_only_invalid_frame_escapes(text: str | bytes) -> None:
    try:
        frame = decode(text)
    except InvalidFrame:
        return
    assert decode(encode(frame)) == frame
    if isinstance(frame, ClientMessage):
        assert_storable(parse(encode(frame).encode(), visitor="v"))


def test_nothing_is_refused_by_signature() -> None:
    ChatInbound().verify(Payload("", b""), chat_channel())


def test_the_hash_is_hmac_sha256_in_hex() -> None:
    """RFC 4231, test case 2."""
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert user_hash("what do ya want for nothing?", "Jefe") == expected


def test_who_a_user_is() -> None:
    assert is_proven(Hello(1, user="42", hash=user_hash("42", "s").upper()), "s")
    assert not is_proven(Hello(1, user="42", hash=user_hash("42", "")), "")
    assert not is_proven(Hello(1, user="42"), "s")
    assert not is_proven(Hello(1, user="42", hash="\u00e8"), "s")
    assert (identity_of("42").space, identity_of("42").address) == ("visitor", "user:42")
    mail = identity_of(" Ada@Example.COM ")
    assert (mail.space, mail.address) == ("email", "ada@example.com")


def test_a_proven_address_writes_as_itself() -> None:
    sender = parse(b'{"t":"message","id":"m1","text":"x"}', email="ada@example.com").sender
    assert (sender.space, sender.address) == ("email", "ada@example.com")
