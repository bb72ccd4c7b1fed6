"""Files that came with messages."""

from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy import select

from gateway.api.callers import AgentCaller, Parts
from gateway.api.downloads import BINARY, download
from gateway.api.problems import documented
from gateway.database.schema import Attachment, Blob
from gateway.problems import not_found

router = APIRouter(
    prefix="/v1/attachments", tags=["conversations"], responses=documented(401, 403, 422, 503)
)


@router.get(
    "/{id}",
    response_class=Response,
    responses={**documented(404), 200: {"content": {BINARY: {}}}},
)
async def get_attachment(gateway: Parts, caller: AgentCaller, id: UUID) -> Response:  # noqa: A002
    """The file. A stranger sent it: it comes as a download, never to be shown in our origin."""
    statement = (
        select(Attachment.filename, Attachment.content_type, Blob.content)
        .join(
            Blob,
            (Blob.workspace_id == Attachment.workspace_id) & (Blob.sha256 == Attachment.sha256),
        )
        .where(Attachment.workspace_id == caller.workspace_id, Attachment.id == id)
    )
    async with gateway.database.transaction() as session:
        row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise not_found("attachment")
    return download(row.content, row.filename, row.content_type)
