"""Large bytes, stored once by their content, before the message that they belong to queues."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert

from channels.contract import Attachment
from gateway.database.connections import Database
from gateway.database.schema import Blob
from gateway.ingest.submission import StoredAttachment, Submission


class BlobStore:
    """Keeps raw bodies over `inline_bytes`, and all attachments."""

    def __init__(self, database: Database, inline_bytes: int) -> None:
        self._database = database
        self._inline_bytes = inline_bytes

    async def lighten(self, submission: Submission) -> Submission:
        """The same submission with its large parts stored; nothing happens for small ones.

        A message that is then not stored leaves its blobs to the retention job.
        """
        body = submission.payload.body
        attachments = submission.inbound.attachments
        is_large = len(body) > self._inline_bytes
        if not is_large and not attachments:
            return submission
        contents = [attachment.content for attachment in attachments]
        await self.keep(submission.workspace_id, [*contents, *([body] if is_large else [])])
        return replace(
            submission,
            inbound=replace(submission.inbound, attachments=()),
            attachments=tuple(map(_stored, attachments)),
            payload=replace(submission.payload, body=b"") if is_large else submission.payload,
            blob=sha256(body) if is_large else None,
        )

    async def keep(self, workspace_id: int, contents: Iterable[bytes]) -> None:
        rows = {sha256(content): content for content in contents}
        statement = insert(Blob)
        statement = statement.on_conflict_do_update(
            index_elements=[Blob.workspace_id, Blob.sha256],
            set_={"created_at": func.now()},  # young again: the retention job must wait anew
        )
        async with self._database.transaction() as session:
            await session.execute(
                statement,
                [
                    {"workspace_id": workspace_id, "sha256": digest, "content": rows[digest]}
                    for digest in sorted(rows)
                ],
            )


def sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def _stored(attachment: Attachment) -> StoredAttachment:
    return StoredAttachment(
        filename=attachment.filename,
        content_type=attachment.content_type,
        size=len(attachment.content),
        sha256=sha256(attachment.content),
        inline=attachment.inline,
        content_id=attachment.content_id,
    )
