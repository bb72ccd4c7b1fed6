"""Files of messages, and those that agents upload to send."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from starlette.requests import ClientDisconnect

from channels.contract import Attachment as File
from gateway.api.callers import AgentCaller, Parts
from gateway.api.downloads import BINARY, download
from gateway.api.messages import AttachmentOut, attachment_out
from gateway.api.problems import documented
from gateway.api.texts import Name
from gateway.database.schema import Attachment
from gateway.files.stored import described
from gateway.ids import new_id
from gateway.problems import Problem, invalid, not_found, too_large

router = APIRouter(
    prefix="/v1/attachments", tags=["conversations"], responses=documented(401, 403, 422, 503)
)


@router.post(
    "",
    status_code=201,
    responses=documented(413),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {BINARY: {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def upload_attachment(
    gateway: Parts,
    caller: AgentCaller,
    request: Request,
    filename: Annotated[Name, Query(description="As the customer shall see it")],
) -> AttachmentOut:
    """Upload a file, as the body itself, to send it by its id within a day.

    It is what its bytes show, whatever `Content-Type` says; HTML shows an image by `cid:` and its
    `content_id`.
    """
    content = await _body(request, gateway.settings.max_file_bytes)
    id_ = new_id()
    declared = request.headers.get("content-type", "")
    file = described(File(filename, declared, content, content_id=f"{id_}@sportello"))
    await gateway.blobs.keep(caller.workspace_id, [content])
    row = Attachment(workspace_id=caller.workspace_id, id=id_, **asdict(file))
    async with gateway.database.transaction() as session:
        session.add(row)
    return attachment_out(row)


async def _body(request: Request, limit: int) -> bytes:
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:18]) > limit:
        raise too_large(limit)
    content = bytearray()
    try:
        async for chunk in request.stream():
            content += chunk
            if len(content) > limit:
                raise too_large(limit)
    except ClientDisconnect:
        raise Problem(400, "Bad Request", "the upload broke off: send it again") from None
    if not content:
        raise invalid("the body is empty: send the file as it is")
    return bytes(content)


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
