"""Raw MIME to an inbound message: of whatever arrives, everything that can be read."""

import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from channels.addresses import is_email, normalise_email
from channels.contract import (
    ChannelConfig,
    DeliveryReport,
    EmailHeaders,
    InboundMessage,
    Mailbox,
    Payload,
    ReceiptKey,
    Sender,
)
from channels.email.authentication import read_authentication, trusted_servers
from channels.email.automatic import automatic_kind
from channels.email.body import read_body
from channels.email.bounces import read_bounce
from channels.email.complaints import read_complaint
from channels.email.headers import Headers
from channels.email.identifiers import bounded, parse_identifiers, parse_message_id
from channels.email.mailboxes import parse_mailboxes
from channels.email.mime import parse_mime
from channels.email.origin import Origin
from channels.email.quotes import new_text
from channels.errors import Unparseable
from channels.text import one_line

MAX_SUBJECT = 1_000
"""Characters of a subject that are kept."""

_DATE_NOISE = re.compile(r"\([^()]*\)|\s+")


class EmailInbound:
    """The inbound half for mail, however it arrived: `mail_from`, `rcpt_to` in the envelope."""

    def verify(self, payload: Payload, channel: ChannelConfig) -> None:
        """Accept: a mail proves nothing about itself by which it could be refused here."""

    def parse(self, payload: Payload, channel: ChannelConfig) -> InboundMessage:
        """Read the raw bytes of one mail, in time linear to their number.

        Raises:
            Unparseable: `empty`, or `no_sender` where neither head nor envelope names one.
        """
        if not payload.body.strip():
            raise Unparseable("empty", "the mail has no bytes")
        root = parse_mime(payload.body)
        headers = root.headers
        sender = _sender(headers, payload.envelope.get("mail_from"))
        body = read_body(root)
        identity = _identity(headers)
        subject = one_line(headers.text("subject"), MAX_SUBJECT)
        sent_at = _date(headers)
        origin = Origin.of(root, sender, payload.envelope.get("mail_from"))
        complaints = read_complaint(root, sent_at)
        bounces = () if complaints else read_bounce(root, body.text, origin, sent_at)
        reports = complaints or bounces
        return InboundMessage(
            kind="email",
            receipt=_receipt(payload.body, headers, sender, identity.message_id, body.text),
            sender=sender,
            recipient=_recipient(payload, channel),
            text=body.text,
            new_text=new_text(body.text, body.marked),
            html=body.html,
            subject=subject or None,
            sent_at=sent_at,
            email=_about(identity, reports),
            attachments=body.attachments,
            automatic_kind=automatic_kind(origin, subject, bounces, complaints),
            authentication=read_authentication(
                headers, trusted_servers(channel.settings.get("trusted_authserv"))
            ),
            reports=reports,
        )


def _sender(headers: Headers, mail_from: str | None) -> Sender:
    """Return the author; the envelope's sender where the head names none that could be answered.

    A report with the null sender (RFC 5321 section 4.5.5) may name nobody: `mailer-daemon` wrote.
    """
    named = parse_mailboxes(headers.raw("from"))
    candidates = [*named, *parse_mailboxes(headers.raw("sender"))]
    envelope = normalise_email((mail_from or "").strip("<> "))
    if is_email(envelope):
        candidates.append(Mailbox(envelope, named[0].name if named else None))
    chosen = next((each for each in candidates if "@" in each.address), None)
    chosen = chosen or next((each for each in candidates if each.address), None)
    is_null = mail_from in {"", "<>"} or headers.raw("return-path").strip() == b"<>"
    if chosen is None and is_null:
        chosen = Mailbox("mailer-daemon", named[0].name if named else None)
    if chosen is None:
        raise Unparseable("no_sender", "neither From nor the envelope names a sender")
    return Sender("email", chosen.address, chosen.name)


def _identity(headers: Headers) -> EmailHeaders:
    reply_to = _addresses(headers, "reply-to")
    in_reply_to = parse_identifiers(headers.raw("in-reply-to"))
    return EmailHeaders(
        message_id=parse_message_id(headers.raw("message-id")),
        in_reply_to=in_reply_to[0] if in_reply_to else None,
        references=parse_identifiers(headers.raw("references")),
        reply_to=reply_to[0] if reply_to else None,
        to=_addresses(headers, "to"),
        cc=_addresses(headers, "cc"),
        author=_author(headers),
        spam=_is_marked_as_spam(headers),
    )


def _author(headers: Headers) -> Mailbox | None:
    """Return the first of From as it stands; a single word is a local user's address, or a name."""
    first = next(iter(parse_mailboxes(headers.raw("from"))), None)
    word = first.name or "" if first and not first.address else ""
    if word.islower() and len(word.split()) == 1:
        return Mailbox(word)
    return first


def _is_marked_as_spam(headers: Headers) -> bool:
    """Tell whether a filter on the way says so, by the fields of SpamAssassin and Rspamd."""
    return any(
        headers.text(name).strip().lower().startswith("yes")
        for name in ("x-spam-flag", "x-spam-status", "x-spam")
    )


def _about(identity: EmailHeaders, reports: tuple[DeliveryReport, ...]) -> EmailHeaders:
    """Return the identifiers with the mail that is reported on: a report belongs to its thread."""
    told = {report.reference for report in reports} - {"", *identity.references}
    return replace(identity, references=(*identity.references, *sorted(told)))


def _addresses(headers: Headers, name: str) -> tuple[str, ...]:
    return tuple(each.address for each in parse_mailboxes(headers.raw(name)) if "@" in each.address)


def _recipient(payload: Payload, channel: ChannelConfig) -> str:
    recipient = normalise_email(payload.envelope.get("rcpt_to", "").strip("<> "))
    return recipient if is_email(recipient) else channel.address


def _receipt(
    raw: bytes, headers: Headers, sender: Sender, message_id: str | None, text: str
) -> ReceiptKey:
    """Return the key by which the same mail is known again, whichever mailbox it reached.

    Broken senders reuse identifiers, so author, date and text count as well; what differs
    between two deliveries of one mail (trace fields, recipients) does not.
    """
    if message_id is None:
        return ReceiptKey("email", hashlib.sha256(raw).hexdigest())
    written = "\n".join((sender.address, one_line(headers.text("date"), 100), text.strip()))
    digest = hashlib.sha256(written.encode()).hexdigest()
    return ReceiptKey("email", f"{bounded(message_id, 200)}:{digest}")


def _date(headers: Headers) -> datetime | None:
    text = _DATE_NOISE.sub(" ", headers.text("date")[:200]).strip()
    try:
        date = parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
