"""What goes into the writer and what comes out."""

import hashlib
from datetime import datetime
from uuid import UUID

from channels.contract import InboundMessage, Payload, ReceiptKey
from channels.records import record
from gateway.configuration import ConfiguredChannel
from gateway.files.stored import StoredAttachment


def stored_key(receipt: ReceiptKey) -> str:
    """A receipt's key as it is kept: a digest, since receipts outlive their erased messages."""
    return hashlib.sha256(receipt.key.encode()).hexdigest()


@record
class Submission:
    """A parsed message on its way to the writer.

    What is large was stored before it queued: `attachments`, and a raw body under the digest
    `blob`; the payload's body and the message's attachments are then empty. `replays` is the
    quarantine entry that it comes from, if any: the message takes that entry's receipt over.
    """

    channel: ConfiguredChannel
    payload: Payload
    inbound: InboundMessage
    received_at: datetime
    blob: bytes | None = None
    attachments: tuple[StoredAttachment, ...] = ()
    replays: UUID | None = None

    @property
    def workspace_id(self) -> int:
        return self.channel.workspace_id

    @property
    def receipt_key(self) -> tuple[int, str, str]:
        receipt = self.inbound.receipt
        return self.workspace_id, receipt.space, stored_key(receipt)

    @property
    def file_count(self) -> int:
        """Attachments, and files that the provider keeps as yet."""
        return len(self.attachments) + len(self.inbound.files)

    @property
    def size(self) -> int:
        """Bytes that it holds in memory while it waits."""
        texts = self.inbound.text, self.inbound.new_text, self.inbound.html
        return len(self.payload.body) + sum(len(text) for text in texts if text)


@record
class Accepted:
    """A committed answer: the message, or its place in quarantine; `duplicate` if it was known.

    `acknowledged` says that an automatic answer is on its way.
    """

    message_id: UUID | None
    conversation_id: UUID | None
    seq: int | None = None
    quarantine_id: UUID | None = None
    duplicate: bool = False
    acknowledged: bool = False


class IngestUnavailable(Exception):  # noqa: N818 - says what is the case
    """Nothing was stored, or it is unknown whether it was: the provider must try again.

    `retry_after_s` is what to tell it.
    """

    def __init__(self, reason: str, retry_after_s: int = 2) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s
