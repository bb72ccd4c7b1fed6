"""Files that agents have uploaded, as part of what they say."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.conversations.change import Change
from gateway.conversations.messages import Draft
from gateway.database.schema import Attachment
from gateway.problems import invalid

Mistakes = list[tuple[str, str]]


async def enclose(change: Change, message_id: UUID, draft: Draft) -> None:
    """Give a message the files of its draft; images that its HTML shows stand inside it.

    Raises:
        Problem: 422 if a file is not there, has a message already, or all are too large together.
    """
    if not draft.files:
        return
    await change.session.flush()
    uploads = await _uploads(change.session, change.row.workspace_id, draft.files)
    _check(draft, uploads)
    for upload in uploads.values():
        upload.message_id = message_id
        upload.inline = upload.content_type.startswith("image/") and _is_shown(upload, draft)


async def _uploads(
    session: AsyncSession, workspace_id: int, ids: Sequence[UUID]
) -> dict[UUID, Attachment]:
    """Those that nobody has said yet, locked."""
    statement = (
        select(Attachment)
        .where(Attachment.workspace_id == workspace_id, Attachment.id.in_(ids))
        .where(Attachment.message_id.is_(None))
        .order_by(Attachment.id)
        .with_for_update()
    )
    return {row.id: row for row in await session.scalars(statement)}


def _check(draft: Draft, uploads: dict[UUID, Attachment]) -> None:
    what = "is no upload that waits for its message: upload the file (again)"
    mistakes = [
        (f"/attachments/{index}", what)
        for index, each in enumerate(draft.files)
        if each not in uploads
    ]
    if sum(upload.size for upload in uploads.values()) > draft.most_bytes:
        mistakes.append(("/attachments", f"are larger than {draft.most_bytes} bytes together"))
    if mistakes:
        raise invalid("the files cannot be sent", mistakes)


def _is_shown(upload: Attachment, draft: Draft) -> bool:
    return f"cid:{upload.content_id}" in (draft.html or "")
