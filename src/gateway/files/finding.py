"""Files as they are given away: those that are kept, and in which no virus was found."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.database.schema import Attachment, Blob
from gateway.problems import Problem, not_found


class Scanned(NamedTuple):
    """A message's file, and what is known of viruses in it; nothing is, of one that was refused."""

    attachment: Attachment
    scan: str | None
    scan_detail: str | None


def select_scanned(workspace_id: int) -> Select[Attachment, str | None, str | None]:
    """Files in the order in which their messages have them."""
    mine = and_(Blob.workspace_id == workspace_id, Blob.sha256 == Attachment.sha256)
    return (
        select(Attachment, Blob.scan, Blob.scan_detail)
        .outerjoin(Blob, mine)
        .where(Attachment.workspace_id == workspace_id)
        .order_by(Attachment.id)
    )


async def find_file(session: AsyncSession, workspace_id: int, attachment_id: UUID) -> Attachment:
    """A file that may be given away; its digest is set.

    Raises:
        Problem: 404, there is none, or it was refused; 403, the scanner found a virus.
    """
    statement = select_scanned(workspace_id).where(Attachment.id == attachment_id)
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise not_found("attachment")
    found = Scanned(*row)
    if found.attachment.sha256 is None:
        raise Problem(404, "Not Found", "the file was too large and is not kept")
    if found.scan == "infected":
        raise Problem(403, "Forbidden", f"the virus scanner found {found.scan_detail} in the file")
    return found.attachment
