"""Channels, payloads and outbound messages as the tests of every provider need them."""

from collections.abc import Mapping
from uuid import UUID

from channels.contract import (
    Attachment,
    ChannelConfig,
    EmailHeaders,
    InboundMessage,
    OutboundMessage,
    Payload,
)
from channels.email.parse import EmailInbound

CHANNEL_ID = UUID("01890000-0000-7000-8000-000000000001")
DELIVERY_ID = UUID("01890000-0000-7000-8000-000000000002")


def email_channel(**settings: str) -> ChannelConfig:
    secrets = {"smtp_password": settings.pop("smtp_password", "")}
    return ChannelConfig(CHANNEL_ID, "email", "smtp", "support@example.org", settings, secrets)


def form_channel(**settings: str) -> ChannelConfig:
    return ChannelConfig(CHANNEL_ID, "web_form", "builtin", "contact-form", settings)


def chat_channel() -> ChannelConfig:
    return ChannelConfig(CHANNEL_ID, "chat", "builtin", "website")


def mail(*lines: str | bytes, **envelope: str) -> Payload:
    """Return a mail of the given lines, text in UTF-8, bytes as they are."""
    raw = b"\r\n".join(line if isinstance(line, bytes) else line.encode() for line in lines)
    return Payload("message/rfc822", raw, envelope)


def parse_mail(*lines: str | bytes, **envelope: str) -> InboundMessage:
    return EmailInbound().parse(mail(*lines, **envelope), email_channel())


def answer(
    recipient: str = "ada@example.com",
    text: str = "Good day,\nit is on its way.",
    *,
    subject: str | None = "Re: Where is it?",
    sender_name: str | None = "Grace of Support",
    headers: Mapping[str, str] | None = None,
    references: tuple[str, ...] = (),
    attachments: tuple[Attachment, ...] = (),
    html: str | None = None,
) -> OutboundMessage:
    given = headers or {}
    email = EmailHeaders(
        message_id=given.get("message_id", "answer-1@example.org"),
        in_reply_to=given.get("in_reply_to"),
        references=references,
        reply_to=given.get("reply_to"),
        to=(),
        cc=(),
    )
    return OutboundMessage(
        delivery_id=DELIVERY_ID,
        recipient=recipient,
        text=text,
        subject=subject,
        sender_name=sender_name,
        email=email,
        attachments=attachments,
        html=html,
    )
