"""An agent's answer as a mail (RFC 5322), whose headers nothing in it can break out of."""

import re
from collections.abc import Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import Any

from channels.addresses import is_email, normalise_email
from channels.contract import Attachment, ChannelConfig, EmailHeaders, OutboundMessage
from channels.errors import Failure, SendFailed
from channels.text import clean, one_line

SENDER_NAME = "sender_name"
AGENT = "{agent}"
"""Stands in `sender_name` for the agent's name."""

_IDENTIFIER = re.compile(r"[!-;=?-~]{1,900}")
_IDENTIFIER_FIELDS = frozenset({"message-id", "in-reply-to", "references", "list-unsubscribe"})
_PAGE = '<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head><body>\n{}\n</body></html>\n'
_TYPE = re.compile(r"([a-z0-9!#$&^_.+-]{1,100})/([a-z0-9!#$&^_.+-]{1,100})")


class _Policy(EmailPolicy):
    """SMTP's policy, but identifiers and links are folded between each other and never encoded.

    The standard library turns one longer than a line into encoded words, which no
    reader recognises.
    """

    def fold(self, name: str, value: str) -> str:
        if name.lower() in _IDENTIFIER_FIELDS:
            return f"{name}: " + "\r\n ".join(str(value).split()) + "\r\n"
        folded: str = super().fold(name, value)
        return folded

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.lower() in _IDENTIFIER_FIELDS:
            return self.fold(name, value).encode("ascii")
        return super().fold_binary(name, value)


_POLICY = _Policy(linesep="\r\n", cte_type="7bit")


def compose(message: OutboundMessage, channel: ChannelConfig, now: datetime) -> EmailMessage:
    """Return the mail for one recipient, the same bytes for the same arguments.

    `Auto-Submitted` says that a machine wrote it (RFC 3834 section 5), its absence that a person
    did; only a machine's mail can be unsubscribed from.

    Raises:
        SendFailed: the channel's or the recipient's address is none.
    """
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = _address(channel.address, _author(message, channel), Failure.MISCONFIGURED)
    mail["To"] = _address(message.recipient, None, Failure.BAD_RECIPIENT)
    mail["Subject"] = one_line(message.subject or "", 900)
    mail["Date"] = now
    if message.automatic:
        mail["Auto-Submitted"] = "auto-replied"
    if message.unsubscribe_url:
        _unsubscribing(mail, message.unsubscribe_url)
    if message.email is not None:
        _thread(mail, message.email)
    mail.set_content(clean(message.text))
    images = _images(message)
    if message.html is not None:
        _show(mail, message.html, images)
    for attachment in message.attachments:
        if attachment not in images:
            mail.add_attachment(attachment.content, **_described(attachment))
    multiparts = (part for part in mail.walk() if part.is_multipart())
    for number, part in enumerate(multiparts):
        part.set_boundary(f"=_{message.delivery_id.hex}_{number}")
    return mail


def _images(message: OutboundMessage) -> list[Attachment]:
    """Return the files that the HTML shows inside it."""
    html = message.html or ""
    return [
        each
        for each in message.attachments
        if each.inline and each.content_id and f"cid:{each.content_id}" in html
    ]


def _show(mail: EmailMessage, html: str, images: Sequence[Attachment]) -> None:
    """Add HTML that says the same as the text (RFC 2046 section 5.1.4), with its images."""
    mail.add_alternative(_PAGE.format(clean(html)), subtype="html")
    *_, page = mail.iter_parts()
    for image in images:
        page.add_related(image.content, **_described(image))


def _author(message: OutboundMessage, channel: ChannelConfig) -> str:
    """Return the name in From: the agent's, or what setting `sender_name` makes of it."""
    pattern = channel.settings.get(SENDER_NAME) or AGENT
    return pattern.replace(AGENT, message.sender_name or "")


def _address(address: str, name: str | None, failure: Failure) -> Address:
    normalised = normalise_email(address)
    if not is_email(normalised):
        raise SendFailed(failure, f"{one_line(address, 100)!r} is no mail address")
    local, _, domain = address.strip().rpartition("@")
    if not local.isascii():
        raise SendFailed(failure, "addresses beyond ASCII need SMTPUTF8, which is not spoken")
    domain = normalised.rpartition("@")[2]
    return Address(one_line(name or "", 200), local, domain)


def _thread(mail: EmailMessage, email: EmailHeaders) -> None:
    identifiers = {
        "Message-ID": (email.message_id,),
        "In-Reply-To": (email.in_reply_to,),
        "References": email.references,
    }
    for name, values in identifiers.items():
        sound = [f"<{value}>" for value in values if value and _IDENTIFIER.fullmatch(value)]
        if sound:
            mail[name] = " ".join(sound)
    if email.reply_to:
        mail["Reply-To"] = _address(email.reply_to, None, Failure.MISCONFIGURED)


def _unsubscribing(mail: EmailMessage, url: str) -> None:
    """RFC 2369 section 3.2, and by one click where the link is safe (RFC 8058 section 3.1)."""
    mail["List-Unsubscribe"] = f"<{url}>"
    if url.startswith("https://"):
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


def _described(attachment: Attachment) -> dict[str, Any]:
    """Return what the standard library wants to know of a file."""
    found = _TYPE.fullmatch(attachment.content_type.lower())
    main, sub = found.groups() if found else ("application", "octet-stream")
    if main in {"multipart", "message"}:
        main, sub = "application", "octet-stream"
    content_id = attachment.content_id
    is_linked = content_id is not None and _IDENTIFIER.fullmatch(content_id) is not None
    return {
        "maintype": main,
        "subtype": sub,
        "filename": one_line(attachment.filename, 200),
        "disposition": "inline" if attachment.inline else "attachment",
        "cid": f"<{content_id}>" if is_linked else None,
    }
