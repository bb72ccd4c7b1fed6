"""Files of messages, and those that agents upload; links open them without a token."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Path, Query, Request, Response
from pydantic import BaseModel, Field
from starlette.requests import ClientDisconnect

from channels.contract import Attachment as File
from gateway.api.callers import AgentCaller, Parts
from gateway.api.downloads import BINARY, download
from gateway.api.messages import AttachmentOut, attachment_out
from gateway.api.problems import documented
from gateway.api.seeing import SEES_FILE
from gateway.api.texts import Name
from gateway.composition import Gateway
from gateway.database.schema import Attachment
from gateway.files.finding import Scanned, find_file, select_scanned
from gateway.files.links import PATH, Link
from gateway.files.stored import described
from gateway.ids import new_id
from gateway.problems import Problem, invalid, not_found, too_large

router = APIRouter(tags=["conversations"], responses=documented(422, 503))

FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {BINARY: {}}},
    206: {"description": "The range that was asked for"},
    416: {"description": "The file has nothing there"},
}
Range = Annotated[str | None, Header(alias="Range", description="One range of bytes")]


class LinkIn(BaseModel):
    seconds: int = Field(900, ge=10, le=7 * 86_400, description="How long the link opens the file")


class LinkOut(BaseModel):
    """Whoever has `url` can fetch the file until `expires_at`."""

    url: str
    expires_at: datetime


@router.post(
    "/v1/attachments",
    status_code=201,
    responses=documented(401, 403, 413),
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
        await session.flush()
        shown = select_scanned(caller.workspace_id).where(Attachment.id == id_)
        return attachment_out(Scanned(*(await session.execute(shown)).one()))


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
    "/v1/attachments/{id}",
    response_class=Response,
    responses={**documented(401, 403, 404), **FILE},
    dependencies=[SEES_FILE],
)
async def get_attachment(
    gateway: Parts,
    caller: AgentCaller,
    id: UUID,  # noqa: A002
    wanted: Range = None,
) -> Response:
    """The file. A stranger sent it: it comes as a download, never to be shown in our origin."""
    return await _file(gateway, caller.workspace_id, id, wanted, is_shown=False)


@router.post(
    "/v1/attachments/{id}/links", responses=documented(401, 403, 404), dependencies=[SEES_FILE]
)
async def make_link(
    gateway: Parts,
    caller: AgentCaller,
    id: UUID,  # noqa: A002
    body: LinkIn,
    request: Request,
) -> LinkOut:
    """A link that opens the file without a token, as a browser or a provider needs it."""
    async with gateway.database.transaction() as session:
        await find_file(session, caller.workspace_id, id)
    expires_at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=body.seconds)
    link = Link(caller.workspace_id, id, expires_at)
    return LinkOut(url=gateway.links.url(link, str(request.base_url)), expires_at=expires_at)


@router.head(PATH + "{token}", include_in_schema=False)
@router.get(
    PATH + "{token}", response_class=Response, responses={**documented(403, 404, 410), **FILE}
)
async def open_link(
    gateway: Parts, token: Annotated[str, Path(max_length=200)], wanted: Range = None
) -> Response:
    """The file that a link opens: pictures, sounds and films may be shown, others are saved."""
    link = gateway.links.read(token)
    if link is None:
        raise not_found("file")
    if link.expires_at < datetime.now(UTC):
        raise Problem(410, "Gone", "the link is over: ask for a new one")
    return await _file(gateway, link.workspace_id, link.attachment_id, wanted, is_shown=True)


async def _file(
    gateway: Gateway, workspace_id: int, attachment_id: UUID, wanted: str | None, *, is_shown: bool
) -> Response:
    async with gateway.database.transaction() as session:
        row = await find_file(session, workspace_id, attachment_id)
    content = await gateway.blobs.read(workspace_id, row.sha256 or b"")
    return download(content, row.filename, row.content_type, is_shown=is_shown, wanted=wanted)
