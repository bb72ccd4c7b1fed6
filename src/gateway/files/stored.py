"""Files as messages carry them: named safely, told by their bytes, and not too large."""

from collections.abc import Iterable, Iterator

from channels.contract import Attachment
from channels.filenames import safe_filename
from channels.records import record
from channels.sniffing import media_type, sniffed
from gateway.database.schema import Refusal
from gateway.files.blobs import sha256


@record
class StoredAttachment:
    """A file whose bytes lie in the store under `sha256`, or were `refused`.

    `content_type` is what the bytes show, `declared_type` what the sender said of them.
    """

    filename: str
    content_type: str
    declared_type: str | None
    size: int
    sha256: bytes | None
    refused: Refusal | None
    inline: bool
    content_id: str | None


@record
class Limits:
    """How many bytes a file may have, and the files of a message together."""

    file_bytes: int
    message_bytes: int

    def refusal(self, size: int, before: int) -> Refusal | None:
        """Why a file is not kept, if it is not; `before` is what the others before it take."""
        if size > self.file_bytes:
            return "too_large"
        return "message_too_large" if before + size > self.message_bytes else None


def stored(attachments: Iterable[Attachment], limits: Limits) -> Iterator[StoredAttachment]:
    """The files of a message, in their order: those that find no room are refused."""
    taken = 0
    for attachment in attachments:
        size = len(attachment.content)
        refused = limits.refusal(size, taken)
        taken += 0 if refused else size
        yield described(attachment, refused)


def described(attachment: Attachment, refused: Refusal | None = None) -> StoredAttachment:
    declared = media_type(attachment.content_type)
    content_type = sniffed(attachment.content, declared)
    return StoredAttachment(
        filename=safe_filename(attachment.filename, "file"),
        content_type=content_type,
        declared_type=None if declared in {"", content_type} else declared,
        size=len(attachment.content),
        sha256=None if refused else sha256(attachment.content),
        refused=refused,
        inline=attachment.inline,
        content_id=attachment.content_id,
    )
