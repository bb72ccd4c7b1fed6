"""What every channel is: pure `verify` and `parse` on the way in, `send` on the way out.

An adapter knows one provider. It never touches the database, the web framework or routing.
The gateway hands it what arrived, byte for byte, and the settings of the configured channel;
it answers with frozen messages, or raises one of `channels.errors`.
"""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import field
from datetime import datetime, timedelta
from typing import Literal, Protocol, runtime_checkable
from uuid import UUID

import httpx

from channels.errors import Failure
from channels.records import record

Kind = Literal["email", "sms", "web_form", "chat"]
"""The kind of a channel: which sort of endpoint customers write to."""

IdentityKind = Literal["email", "phone", "visitor"]
"""The address space that an identity lives in; several channel kinds may share one."""

AutomaticKind = Literal["auto_reply", "bounce", "complaint", "receipt", "list", "other"]
"""What sort of machine wrote a mail: an absent person's, one that could not deliver, one that tells
of a complaint, one that confirms delivery or reading, a mailing list, or any other."""


@record
class ChannelConfig:
    """One configured endpoint as its adapter sees it.

    `settings` are public, `secrets` are decrypted for the adapter alone and never logged;
    each adapter documents the names that it reads.
    """

    id: UUID
    kind: Kind
    provider: str
    address: str
    settings: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@record
class Payload:
    """What a provider delivered, byte for byte, with what the transport knew about it.

    `envelope` holds transport facts under the adapter's own names: `url` and lower-case header
    names for HTTP, `mail_from` and `rcpt_to` for SMTP, `visitor` for chat. It is stored with the
    raw bytes, so that a replay sees the same input.

    `proof` is told to `verify` alone and never stored: `received_at` (seconds since the epoch),
    `authorization` (the header), `certificate` (PEM, see `Handshake`).
    """

    content_type: str
    body: bytes
    envelope: Mapping[str, str] = field(default_factory=dict)
    proof: Mapping[str, str] = field(default_factory=dict, repr=False)


@record
class ReceiptKey:
    """What makes a repeated delivery recognisable: unique per workspace.

    `space` names the rule that made the key (`email`, `twilio`, `form`, ...). With
    `repeats_within`, the same key counts as a repetition only for that long: for content digests,
    where a customer may truly say the same twice.
    """

    space: str
    key: str
    repeats_within: timedelta | None = None


@record
class Sender:
    """Who wrote. `address` is normalised for its space; `name` is as claimed, never identifying."""

    space: IdentityKind
    address: str
    name: str | None = None


@record
class Mailbox:
    """An address as a mail gives it, normalised, and the name beside it.

    `address` has no `@` where the mail gives a bare word: what stands in brackets, else nothing.
    """

    address: str
    name: str | None = None


@record
class EmailHeaders:
    """Message identifiers (RFC 5322 section 3.6.4) without angle brackets.

    `references` is oldest first and holds `in_reply_to` only if the mail said so itself. `author`
    is the first of From, also where it could not be answered. `spam` says that a filter on the way
    has marked the mail as such.
    """

    message_id: str | None
    in_reply_to: str | None
    references: tuple[str, ...]
    reply_to: str | None
    to: tuple[str, ...]
    cc: tuple[str, ...]
    author: Mailbox | None = None
    spam: bool = False


@record
class Attachment:
    """A file that came with a message. `content_id` (no brackets) links inline images."""

    filename: str
    content_type: str
    content: bytes = field(repr=False)
    inline: bool = False
    content_id: str | None = None


@record
class RemoteFile:
    """A file of a message that its provider keeps; `url` may hold a secret and is never logged."""

    url: str = field(repr=False)
    content_type: str = ""
    filename: str | None = None


@record
class InboundMessage:
    """A provider's payload in the gateway's terms.

    Every text is valid UTF-8 without NUL (see `channels.text.clean`), so that it can be stored.
    `text` is always there, possibly empty; `new_text` is what the sender now writes, without quoted
    history and signature, None where that is all of `text`. `html` is untrusted and must be
    sanitised for display.
    `attributes` are facts about the matter (form fields, profile name), `contact_attributes` those
    that the sender claims about themselves: kept where nothing is known yet.
    `files` are fetched after the message is stored, and become attachments of it then.
    `consent` is set where the whole message refuses further ones, or allows them again.
    `automatic` marks mail written by a machine (RFC 3834), which is never answered automatically;
    `automatic_kind` says which sort. `authentication` holds verdicts of a trusted server (RFC 8601)
    by method: `spf`, `dkim`, `dmarc`. `reports` are what it says about messages that we sent.
    """

    kind: Kind
    receipt: ReceiptKey
    sender: Sender
    recipient: str
    text: str = field(repr=False)
    new_text: str | None = field(default=None, repr=False)
    html: str | None = field(default=None, repr=False)
    subject: str | None = None
    sent_at: datetime | None = None
    email: EmailHeaders | None = None
    attachments: tuple[Attachment, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    contact_attributes: Mapping[str, str] = field(default_factory=dict)
    consent: Literal["stop", "start"] | None = None
    files: tuple[RemoteFile, ...] = ()
    automatic_kind: AutomaticKind | None = None
    authentication: Mapping[str, str] = field(default_factory=dict)
    reports: tuple["DeliveryReport", ...] = ()

    @property
    def automatic(self) -> bool:
        """Whether a machine wrote it."""
        return self.automatic_kind is not None


@record
class OutboundMessage:
    """An agent's answer, ready for one recipient.

    `delivery_id` is stable over retries: adapters pass it as the provider's idempotency key where
    there is one. `email` is set for mail only: its identifiers thread the answer. `status_url` is
    where the provider can post what becomes of the message; it names the delivery. `html` says the
    same as `text`, for channels that can show it; its images are attachments that are `inline`.
    `automatic` says that nobody wrote it; with `unsubscribe_url`, its recipient may end such mail.
    """

    delivery_id: UUID
    recipient: str
    text: str = field(repr=False)
    subject: str | None = None
    sender_name: str | None = None
    email: EmailHeaders | None = None
    attachments: tuple[Attachment, ...] = ()
    status_url: str | None = None
    html: str | None = field(default=None, repr=False)
    automatic: bool = False
    unsubscribe_url: str | None = field(default=None, repr=False)


@record
class Sent:
    """The provider took the message. `provider_id` is its own name for it, if it gave one."""

    provider_id: str | None
    detail: str = ""


@record
class DeliveryReport:
    """What became of a message after its provider took it.

    `reference` names the message as `Sent.provider_id` does (for mail our own Message-ID without
    brackets), or is empty; `delivery_id` is our own name for it, where the provider gives it back.
    `recipient` tells the copies of one mail apart. `sent` means that the provider has the message,
    `delivered` that the far side has it. `code` is the provider's, or an enhanced status code
    (RFC 3463); `failure` says whether the same message might have passed later;
    `unwanted` that the recipient refuses whatever this channel sends.
    """

    reference: str
    recipient: str
    state: Literal["sent", "delivered", "failed"]
    failure: Failure | None = None
    code: str = ""
    detail: str = ""
    occurred_at: datetime | None = None
    delivery_id: UUID | None = None
    unwanted: bool = False


class Inbound(Protocol):
    """The inbound half of an adapter: pure functions of what arrived."""

    def verify(self, payload: Payload, channel: ChannelConfig) -> None:
        """Check that the payload is the provider's own.

        Raises:
            InvalidSignature: it is not; nothing of it may be stored.
        """

    def parse(self, payload: Payload, channel: ChannelConfig) -> InboundMessage:
        """Read a verified payload.

        Raises:
            Unparseable: it is authentic but cannot be read; it goes to quarantine.
        """


class StatusInbound(Protocol):
    """The half that hears what became of messages: pure, like `Inbound`."""

    def verify(self, payload: Payload, channel: ChannelConfig) -> None:
        """Check that the payload is the provider's own.

        Raises:
            InvalidSignature: it is not.
        """

    def parse_status(self, payload: Payload, channel: ChannelConfig) -> tuple[DeliveryReport, ...]:
        """Read a verified payload; states that change nothing for us give no report.

        Raises:
            Unparseable: it is authentic but cannot be read.
        """


@record
class Notice:
    """A verified payload that brings no message: `what` it says, for the log.

    With `visit`, a GET of that URL tells the provider that we agree.
    """

    what: str
    visit: str | None = None


class Handshake(Protocol):
    """What a provider wants beside posting messages: pure; the gateway goes to the URLs."""

    def certificate_url(self, payload: Payload, channel: ChannelConfig) -> str:
        """Return where the certificate lies that `verify` finds in `proof`.

        Raises:
            InvalidSignature: the payload is not the channel's, or the URL not the provider's.
        """

    def notice(self, payload: Payload, channel: ChannelConfig) -> Notice | None:
        """Return what a verified payload says if it brings no message.

        Raises:
            InvalidSignature: it asks to visit a URL that is not the provider's.
        """


class Outbound(Protocol):
    """The outbound half of an adapter."""

    async def send(
        self, message: OutboundMessage, channel: ChannelConfig, http: httpx.AsyncClient
    ) -> Sent:
        """Hand one message to the provider.

        Raises:
            SendFailed: with a code of the closed vocabulary, which says whether to try again.
        """


@runtime_checkable
class Connecting(Outbound, Protocol):
    """An outbound half that can keep its connections from one message to the next."""

    def connected(self) -> AbstractAsyncContextManager[Outbound]:
        """Return the half that keeps them until the block ends, for one event loop."""


class MediaSource(Protocol):
    """The half that fetches files which a provider keeps."""

    async def fetch(
        self, file: RemoteFile, channel: ChannelConfig, http: httpx.AsyncClient, max_bytes: int
    ) -> Attachment:
        """Return the file; nothing but the provider's own places may be asked.

        Raises:
            FetchFailed: with a code of the closed vocabulary, which says whether to try again.
        """


@record
class Webhook:
    """How a provider posts to `/in/{provider}/{channel key}`, and to `/status` below it.

    `headers` are the lower-case names that its halves read from the envelope; `answer` is what the
    provider wants to hear once a message is stored, `status_answer` of a report (empty: 204
    without a body). `ending` is what the path of messages ends in, where the provider demands it.
    With `has_login`, the provider logs in (RFC 7617) in place of signing, and is answered 401.
    More than `max_bytes` it never posts.
    """

    headers: tuple[str, ...] = ()
    answer: bytes = b""
    status_answer: bytes = b""
    media_type: str = ""
    ending: str = ""
    has_login: bool = False
    max_bytes: int | None = None


@record
class Adapter:
    """One provider: its halves and the names of its settings and secrets.

    A half that is None does not exist for this provider: a form cannot be sent to, and chat is
    carried by the visitor's own socket in both directions. With `webhook`, the provider has a door
    of its own name; where it is `polled`, a worker fetches the mail. Texts of more than `max_text`
    16-bit units are sent as several messages. Without `carries_files`, answers with attachments are
    refused.
    """

    kind: Kind
    provider: str
    inbound: Inbound
    outbound: Outbound | None
    status: StatusInbound | None = None
    media: MediaSource | None = None
    webhook: Webhook | None = None
    polled: bool = False
    max_text: int | None = None
    carries_files: bool = False
    handshake: Handshake | None = None
    settings: frozenset[str] = frozenset()
    secrets: frozenset[str] = frozenset()

    @property
    def has_smtp_door(self) -> bool:
        """Whether mail comes by SMTP, since it comes by nothing else."""
        return self.kind == "email" and self.webhook is None and not self.polled
