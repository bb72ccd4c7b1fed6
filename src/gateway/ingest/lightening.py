"""What is large in a message, stored before the message queues: files and raw payloads."""

from dataclasses import replace

from gateway.files.blobs import BlobStore, sha256
from gateway.files.stored import Limits, stored
from gateway.ingest.submission import Submission


class Lightener:
    """Stores raw bodies over `inline_bytes`, and all files that are not too large."""

    def __init__(self, blobs: BlobStore, limits: Limits, inline_bytes: int) -> None:
        self._blobs = blobs
        self._limits = limits
        self._inline_bytes = inline_bytes

    async def lighten(self, submission: Submission) -> Submission:
        """The same submission with its large parts stored; nothing happens for small ones.

        A message that is then not stored leaves its blobs to the retention job.

        Raises:
            StoreUnavailable: not everything was stored.
        """
        body = submission.payload.body
        attachments = submission.inbound.attachments
        is_large = len(body) > self._inline_bytes
        if not is_large and not attachments:
            return submission
        kept = tuple(stored(attachments, self._limits))
        pairs = zip(attachments, kept, strict=True)
        contents = [attachment.content for attachment, file in pairs if file.sha256]
        if contents or is_large:
            raw = [body] if is_large else []
            await self._blobs.keep(submission.workspace_id, contents, raw)
        return replace(
            submission,
            inbound=replace(submission.inbound, attachments=()),
            attachments=kept,
            payload=replace(submission.payload, body=b"") if is_large else submission.payload,
            blob=sha256(body) if is_large else None,
        )
