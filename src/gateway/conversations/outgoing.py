"""What goes out: over which channel, to which address, in how many parts, in which thread. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from channels.addresses import is_whatsapp, whatsapp
from channels.sms.segments import segments
from channels.splitting import Span, split
from gateway.configuration import ConfiguredChannel, WorkspaceConfiguration
from gateway.ids import new_id

MAX_REFERENCES = 20


@dataclass(frozen=True, slots=True)
class Destination:
    """Where an answer goes: the channel that carries it and the address there."""

    channel: ConfiguredChannel
    recipient: str


@dataclass(frozen=True, slots=True)
class Part:
    """One sending of a text: of the characters from `text_from` to `text_to`, None for all.

    `segments` is what a text message takes of the carrier.
    """

    id: UUID
    text_from: int | None
    text_to: int | None
    segments: int | None


def parts_of(text: str, destination: Destination) -> list[Part]:
    """One, or as many as the provider takes a long text in; their ids keep the order."""
    most = destination.channel.adapter.max_text
    spans = (Span(0, len(text)),) if most is None else split(text, most)
    is_sms = destination.channel.config.kind == "sms" and not is_whatsapp(destination.recipient)
    return [
        Part(
            id=id_,
            text_from=span.start if len(spans) > 1 else None,
            text_to=span.end if len(spans) > 1 else None,
            segments=segments(text[span.start : span.end]).number if is_sms else None,
        )
        for id_, span in zip(sorted(new_id() for _ in spans), spans, strict=True)
    ]


def reached(address: str, attributes: Mapping[str, str] | None) -> str:
    """A number is answered on the network that it wrote from."""
    return whatsapp(address) if (attributes or {}).get("transport") == "whatsapp" else address


def mail_channel(
    workspace: WorkspaceConfiguration, form: ConfiguredChannel
) -> ConfiguredChannel | None:
    """What sends mail for a channel: its own `reply_channel`, or the oldest mail channel."""
    wanted = form.config.settings.get("reply_channel")
    mails = (
        channel
        for id_, channel in sorted(workspace.channels.items())
        if channel.config.kind == "email" and wanted in {None, str(id_)}
    )
    return next(mails, None)


def tagged(
    workspace: WorkspaceConfiguration, channel: ConfiguredChannel, conversation_id: UUID
) -> str | None:
    """The address that leads an answer here even if its program drops the thread's headers."""
    if channel.config.settings.get("reply_tags") != "on":
        return None
    return workspace.reply_tags.address(channel.config.address, conversation_id)


def answering(subject: str) -> str:
    return subject if subject.lower().startswith("re:") else f"Re: {subject}"


def own_identifier(message_id: UUID, destination: Destination) -> str:
    """The Message-ID of what we send, without brackets (RFC 5322 section 3.6.4)."""
    domain = destination.channel.config.address.rpartition("@")[2] or "localhost"
    return f"{message_id}@{domain}"


def thread_document(
    own: str,
    destination: Destination,
    answered: str | None,
    references: Sequence[str],
    reply_to: str | None = None,
) -> dict[str, Any]:
    """`message.email` of an answer to the mail `answered`, which had `references` itself."""
    earlier = [*references, *([answered] if answered else [])]
    return {
        "message_id": own,
        "in_reply_to": answered,
        "references": earlier[-MAX_REFERENCES:],
        "reply_to": reply_to,
        "to": [destination.recipient],
        "cc": [],
    }
