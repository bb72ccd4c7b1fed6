"""The visitor's side of live chat: a protocol of JSON frames, without any socket.

Every frame is a JSON object whose `t` names its kind. The client begins with `hello` and is
answered `welcome`; each of its messages is answered `ack`, repeated or not. The whole protocol, for
those who write a client: docs/chat-protocol.md.
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Literal

import orjson

from channels.addresses import MAX_EMAIL, is_email, normalise_email
from channels.contract import ChannelConfig, InboundMessage, Payload, ReceiptKey, Sender
from channels.errors import ChannelError, Unparseable
from channels.text import clean

VERSION = 1
MAX_TEXT = 8_000
MAX_ID = 64
MAX_TOKEN = 4_096
MAX_USER = 200
_MAX_POSITION = 2**63 - 1


class InvalidFrame(ChannelError):  # noqa: N818 - named as the other refusals are
    """What a client sent is no frame; `code` goes back to it in an `err` frame."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Hello:
    """`hello`: the client speaks version `v`; it has `conversation` up to `after`.

    `user` is who the page says that the visitor is, `hash` the proof of it (see `is_proven`).
    """

    v: int
    token: str | None = field(default=None, repr=False)
    conversation: str | None = None
    after: int | None = None
    user: str | None = None
    hash: str | None = field(default=None, repr=False)


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
class Read:
    """`read`: the visitor has had everything up to `seq` before their eyes."""

    seq: int


@dataclass(frozen=True, slots=True)
class VisitorTyping:
    """`typing`: the visitor writes, or has stopped; it is kept nowhere."""

    on: bool


@dataclass(frozen=True, slots=True)
class LeaveEmail:
    """`email`: where the visitor can be reached after they have gone."""

    email: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AskTranscript:
    """`transcript`: mail what was said so far to `email`, or to the address that was left."""

    email: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Pong:
    """`pong`: the client is there."""


@dataclass(frozen=True, slots=True)
class Welcome:
    """`welcome`: keep `token` for the next `hello`; `seq` is the newest of `conversation`'s.

    `online`: whether somebody can be expected to answer soon.
    """

    v: int
    token: str = field(repr=False)
    visitor: str
    seq: int
    conversation: str | None = None
    online: bool = True


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
class AgentState:
    """`agent`: somebody has taken the conversation, or left it."""

    state: Literal["joined", "left"]
    name: str | None = None


@dataclass(frozen=True, slots=True)
class AgentTyping:
    """`typing`: an agent writes, or has stopped."""

    on: bool
    name: str | None = None


@dataclass(frozen=True, slots=True)
class AgentRead:
    """`read`: the agents have read everything up to `seq`."""

    seq: int


@dataclass(frozen=True, slots=True)
class Done:
    """`done`: an `email` is kept, a `transcript` is on its way."""

    what: Literal["email", "transcript"]


@dataclass(frozen=True, slots=True)
class Ping:
    """`ping`: answer `pong`."""


@dataclass(frozen=True, slots=True)
class Err:
    """`err`: a frame was refused; `ref` is the client's message id where it concerns one."""

    code: str
    detail: str
    ref: str | None = None


ClientFrame = (
    Hello | ClientMessage | Seen | Read | VisitorTyping | LeaveEmail | AskTranscript | Pong
)
ServerFrame = (
    Welcome | Ack | ServerMessage | AgentState | AgentTyping | AgentRead | Done | Ping | Err
)

_TAGS: dict[type[ClientFrame | ServerFrame], str] = {
    Hello: "hello",
    ClientMessage: "message",
    Seen: "seen",
    Read: "read",
    VisitorTyping: "typing",
    LeaveEmail: "email",
    AskTranscript: "transcript",
    Pong: "pong",
    Welcome: "welcome",
    Ack: "ack",
    ServerMessage: "message",
    AgentState: "agent",
    AgentTyping: "typing",
    AgentRead: "read",
    Done: "done",
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
        user=_text(frame, "user", MAX_USER) if _has(frame, "user") else None,
        hash=_text(frame, "hash", MAX_ID) if _has(frame, "hash") else None,
    )


def _message(frame: dict[str, Any]) -> ClientMessage:
    return ClientMessage(_text(frame, "id", MAX_ID), clean(_text(frame, "text", MAX_TEXT)))


def _seen(frame: dict[str, Any]) -> Seen:
    return Seen(_position(frame, "seq"))


def _read(frame: dict[str, Any]) -> Read:
    return Read(_position(frame, "seq"))


def _typing(frame: dict[str, Any]) -> VisitorTyping:
    if not isinstance(frame.get("on"), bool):
        raise InvalidFrame("invalid_field", "on must be true or false")
    return VisitorTyping(frame["on"])


def _email(frame: dict[str, Any]) -> LeaveEmail:
    return LeaveEmail(_address(frame))


def _transcript(frame: dict[str, Any]) -> AskTranscript:
    return AskTranscript(_address(frame) if _has(frame, "email") else None)


def _address(frame: dict[str, Any]) -> str:
    address = normalise_email(_text(frame, "email", MAX_EMAIL))
    if not is_email(address):
        raise InvalidFrame("invalid_field", "email must be a mail address")
    return address


def _pong(_: dict[str, Any]) -> Pong:
    return Pong()


_DECODERS: dict[str, Callable[[dict[str, Any]], ClientFrame]] = {
    "hello": _hello,
    "message": _message,
    "seen": _seen,
    "read": _read,
    "typing": _typing,
    "email": _email,
    "transcript": _transcript,
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


def user_hash(user: str, secret: str) -> str:
    """Return the proof of a user's id: its HMAC-SHA256 with the channel's secret, in hex."""
    return hmac.new(secret.encode(), user.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def is_proven(hello: Hello, secret: str) -> bool:
    """Tell whether the page's server vouches for the user; never without a secret."""
    if not (hello.user and hello.hash and secret):
        return False
    given = hello.hash.lower().encode("utf-8", "replace")
    return hmac.compare_digest(user_hash(hello.user, secret).encode(), given)


def identity_of(user: str) -> Sender:
    """Return whom a proven id names: a mail address is the same person as in mails."""
    user = clean(user)
    address = normalise_email(user)
    return Sender("email", address) if is_email(address) else Sender("visitor", f"user:{user}")


class ChatInbound:
    """The inbound half for chat: the body is a `message` frame, the envelope names the visitor.

    `visitor` in the envelope is the address in that space, or `email` a proven mail address.
    Settings: `online`; secret: `identity_secret`, which signs the ids of users.
    """

    def verify(self, payload: Payload, channel: ChannelConfig) -> None:
        """Accept: the socket has proved its visitor by token before any message."""

    def parse(self, payload: Payload, channel: ChannelConfig) -> InboundMessage:
        """Read one message of a visitor.

        Raises:
            Unparseable: `no_visitor`, or the code of the frame's own fault.
        """
        sender = _sender(payload)
        try:
            frame = decode(payload.body)
        except InvalidFrame as error:
            raise Unparseable(error.code, error.detail) from error
        if not isinstance(frame, ClientMessage):
            raise Unparseable("unknown_frame", "only a message frame is a message")
        return InboundMessage(
            kind="chat",
            receipt=ReceiptKey("chat", f"{sender.address}:{frame.id}"),
            sender=sender,
            recipient=channel.address,
            text=frame.text,
        )


def _sender(payload: Payload) -> Sender:
    if email := clean(payload.envelope.get("email", ""))[:MAX_EMAIL]:
        return Sender("email", email)
    if visitor := clean(payload.envelope.get("visitor", ""))[:MAX_EMAIL]:
        return Sender("visitor", visitor)
    raise Unparseable("no_visitor", "the envelope names no visitor")
