"""Files that came with messages."""

from uuid import UUID

from fastapi import APIRouter, Response

from gateway.api.callers import AgentCaller, Parts
from gateway.api.downloads import BINARY, download
from gateway.api.problems import documented
from gateway.database.schema import Attachment
from gateway.problems import Problem, not_found

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
    async with gateway.database.transaction() as session:
        row = await session.get(Attachment, (caller.workspace_id, id))
    if row is None:
        raise not_found("attachment")
    if row.sha256 is None:
        raise Problem(404, "Not Found", "the file was too large and is not kept")
    content = await gateway.blobs.read(caller.workspace_id, row.sha256)
    return download(content, row.filename, row.content_type)
