"""The visitor's side of live chat: a protocol of JSON frames, without any socket.

Every frame is a JSON object whose `t` names its kind. The client begins with `hello` and is
answered `welcome`; each of its messages is answered `ack`, repeated or not.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Literal

import orjson

from channels.contract import ChannelConfig, InboundMessage, Payload, ReceiptKey, Sender
from channels.errors import ChannelError, Unparseable
from channels.text import clean

VERSION = 1
MAX_TEXT = 8_000
MAX_ID = 64
MAX_TOKEN = 4_096
_MAX_POSITION = 2**63 - 1


class InvalidFrame(ChannelError):  # noqa: N818 - named as the other refusals are
    """What a client sent is no frame; `code` goes back to it in an `err` frame."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Hello:
    """`hello`: the client speaks version `v`; it has `conversation` up to `after`."""

    v: int
    token: str | None = field(default=None, repr=False)
    conversation: str | None = None
    after: int | None = None


@dataclass(frozen=True, slots=True)
class ClientMessage:
    """`message` from the visitor; `id` is the client's own and makes a repetition harmless."""

    id: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Seen:
    """`seen`: the visitor has everything up to `seq`."""

    seq: int


@dataclass(frozen=True, slots=True)
class Pong:
    """`pong`: the client is there."""


@dataclass(frozen=True, slots=True)
class Welcome:
    """`welcome`: keep `token` for the next `hello`; `seq` is the newest of `conversation`'s."""

    v: int
    token: str = field(repr=False)
    visitor: str
    seq: int
    conversation: str | None = None


@dataclass(frozen=True, slots=True)
class Ack:
    """`ack`: the client's message `id` is stored as `message`; `duplicate` if it was before."""

    id: str
    message: str
    conversation: str
    seq: int
    duplicate: bool


@dataclass(frozen=True, slots=True)
class ServerMessage:
    """`message` of the conversation, written by the visitor (inbound) or an agent (outbound)."""

    conversation: str
    seq: int
    id: str
    direction: Literal["inbound", "outbound"]
    text: str = field(repr=False)
    at: datetime
    author: str | None = None


@dataclass(frozen=True, slots=True)
class Ping:
    """`ping`: answer `pong`."""


@dataclass(frozen=True, slots=True)
class Err:
    """`err`: a frame was refused; `ref` is the client's message id where it concerns one."""

    code: str
    detail: str
    ref: str | None = None


ClientFrame = Hello | ClientMessage | Seen | Pong
ServerFrame = Welcome | Ack | ServerMessage | Ping | Err

_TAGS: dict[type[ClientFrame | ServerFrame], str] = {
    Hello: "hello",
    ClientMessage: "message",
    Seen: "seen",
    Pong: "pong",
    Welcome: "welcome",
    Ack: "ack",
    ServerMessage: "message",
    Ping: "ping",
    Err: "err",
}


def encode(frame: ClientFrame | ServerFrame) -> str:
    """Return a frame as JSON; absent optional fields are left out, times are RFC 3339."""
    values = {each.name: getattr(frame, each.name) for each in fields(frame)}
    present = {name: value for name, value in values.items() if value is not None}
    return orjson.dumps({"t": _TAGS[type(frame)], **present}).decode()


def decode(text: str | bytes) -> ClientFrame:
    """Read a client's frame. Unknown fields are passed over.

    Raises:
        InvalidFrame: `not_json`, `unknown_frame`, `unsupported_version` or `invalid_field`.
    """
    try:
        frame = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidFrame("not_json", "a frame is a JSON object") from error
    if not isinstance(frame, dict):
        raise InvalidFrame("not_json", "a frame is a JSON object")
    kind = frame.get("t")
    decoder = _DECODERS.get(kind) if isinstance(kind, str) else None
    if decoder is None:
        raise InvalidFrame("unknown_frame", f"t is one of {', '.join(_DECODERS)}")
    return decoder(frame)


def _hello(frame: dict[str, Any]) -> Hello:
    if _position(frame, "v") != VERSION:
        raise InvalidFrame("unsupported_version", f"this server speaks version {VERSION}")
    return Hello(
        VERSION,
        token=_text(frame, "token", MAX_TOKEN) if _has(frame, "token") else None,
        conversation=_text(frame, "conversation", MAX_ID) if _has(frame, "conversation") else None,
        after=_position(frame, "after") if _has(frame, "after") else None,
    )


def _message(frame: dict[str, Any]) -> ClientMessage:
    return ClientMessage(_text(frame, "id", MAX_ID), clean(_text(frame, "text", MAX_TEXT)))


def _seen(frame: dict[str, Any]) -> Seen:
    return Seen(_position(frame, "seq"))


def _pong(_: dict[str, Any]) -> Pong:
    return Pong()


_DECODERS: dict[str, Callable[[dict[str, Any]], ClientFrame]] = {
    "hello": _hello,
    "message": _message,
    "seen": _seen,
    "pong": _pong,
}


def _has(frame: dict[str, Any], name: str) -> bool:
    return frame.get(name) is not None


def _text(frame: dict[str, Any], name: str, limit: int) -> str:
    value = frame.get(name)
    if isinstance(value, str) and value.strip() and len(value) <= limit:
        return value
    raise InvalidFrame("invalid_field", f"{name} must be text of 1 to {limit} characters")


def _position(frame: dict[str, Any], name: str) -> int:
    value = frame.get(name)
    if type(value) is int and 0 <= value <= _MAX_POSITION:
        return value
    raise InvalidFrame("invalid_field", f"{name} must be a whole number from 0")


class ChatInbound:
    """The inbound half for chat: the body is a `message` frame, the envelope names the visitor."""

    def verify(self, payload: Payload, channel: ChannelConfig) -> None:
        """Accept: the socket has proved its visitor by token before any message."""

    def parse(self, payload: Payload, channel: ChannelConfig) -> InboundMessage:
        """Read one message of a visitor.

        Raises:
            Unparseable: `no_visitor`, or the code of the frame's own fault.
        """
        visitor = clean(payload.envelope.get("visitor", ""))[:100]
        if not visitor:
            raise Unparseable("no_visitor", "the envelope names no visitor")
        try:
            frame = decode(payload.body)
        except InvalidFrame as error:
            raise Unparseable(error.code, error.detail) from error
        if not isinstance(frame, ClientMessage):
            raise Unparseable("unknown_frame", "only a message frame is a message")
        return InboundMessage(
            kind="chat",
            receipt=ReceiptKey("chat", f"{visitor}:{frame.id}"),
            sender=Sender("visitor", visitor),
            recipient=channel.address,
            text=frame.text,
        )
