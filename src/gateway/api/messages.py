"""What was said, as agents read it."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel

from channels.contract import AutomaticKind
from channels.email.display import displayable
from gateway.access.tokens import Principal
from gateway.api.callers import AgentCaller, Parts
from gateway.api.machine_mail import Bounce, Complaint, bounce_of, complaint_of
from gateway.api.problems import documented
from gateway.api.seeing import SEES_MESSAGE
from gateway.composition import Gateway
from gateway.conversations import reading
from gateway.conversations.reading import Said
from gateway.database.schema import Delivery, Refusal, ScanState
from gateway.feed.item import Address
from gateway.files.finding import Scanned
from gateway.files.links import Link
from gateway.problems import not_found

router = APIRouter(
    prefix="/v1/messages",
    tags=["conversations"],
    responses=documented(401, 403, 404, 422, 503),
    dependencies=[SEES_MESSAGE],
)

LINKS_LAST = timedelta(minutes=15)


class Wanted(NamedTuple):
    """What a reader asks for beside."""

    remote_images: bool
    file_links: bool


def _wanted(
    remote_images: Annotated[
        bool,
        Query(description="Keep images in `html` that are loaded from elsewhere, and tell on us"),
    ] = False,
    file_links: Annotated[
        bool,
        Query(
            description="Give files a `url` that opens them for 15 minutes without a token, and "
            "images in `html` that came along the same"
        ),
    ] = False,
) -> Wanted:
    return Wanted(remote_images, file_links)


WantedBeside = Annotated[Wanted, Depends(_wanted)]
LinkTo = Callable[[UUID], str]


class AttachmentOut(BaseModel):
    """Download by GET /v1/attachments/{id}.

    `content_type` is what the bytes show, `declared_type` what the sender said of them. A file that
    is `refused` for its size has no digest and is not kept; the message's raw payload may have it.
    `scan` is what the virus scanner says: a file that is `infected` is not given away, one that is
    `unscanned` (as all are without a scanner) or `failed` is. `scan_detail` names the virus. `url`
    is there for those who ask for it.
    """

    id: UUID
    filename: str
    content_type: str
    declared_type: str
    size: int
    sha256: str | None
    refused: Refusal | None
    inline: bool
    content_id: str | None
    scan: ScanState | None
    scan_detail: str | None
    url: str | None


class RemoteFileOut(BaseModel):
    """A file that the provider keeps: `waiting` to be fetched, or `failed` for good, and why."""

    id: UUID
    content_type: str
    state: Literal["waiting", "failed"]
    attempts: int
    failure: str | None
    detail: str | None


class DeliveryOut(BaseModel):
    """One sending of the message; `failure` and `detail` say why it is not sent yet, or ever.

    A long text message goes in several, in this order; `segments` is what each takes.
    """

    id: UUID
    channel: UUID
    recipient: str
    state: str
    attempts: int
    failure: str | None
    detail: str | None
    segments: int | None


class MessageOut(BaseModel):
    """`seq` counts from 1; `sender` is the customer's address, null for agents.

    `text` is everything; `new_text` leaves out quoted history and signature, and is null where
    there is nothing to leave out.
    `html` is safe to show: nothing in it runs, and it loads nothing from elsewhere unless asked
    for; images that came along are named by `cid:` and the `content_id` of an attachment, or have
    links of their own where `file_links` are asked for.
    `email.from` is the author as the mail names it. `automatic_kind` says which sort of machine
    wrote it; `authentication` holds the verdicts of a trusted mail server by method (`spf`, `dkim`,
    `dmarc`).
    """

    id: UUID
    conversation: UUID
    seq: int
    direction: Literal["inbound", "outbound", "note"]
    channel: UUID
    agent: UUID | None
    agent_name: str | None
    sender: Address | None
    subject: str | None
    text: str
    new_text: str | None
    html: str | None
    email: dict[str, Any] | None
    attributes: dict[str, str] | None
    automatic: bool
    automatic_kind: AutomaticKind | None
    bounce: Bounce | None
    complaint: Complaint | None
    authentication: dict[str, str]
    sent_at: datetime | None
    created_at: datetime
    attachments: list[AttachmentOut]
    remote_files: list[RemoteFileOut]
    deliveries: list[DeliveryOut]


@router.get("/{id}")
async def get_message(
    gateway: Parts,
    caller: AgentCaller,
    id: UUID,  # noqa: A002
    wanted: WantedBeside,
    request: Request,
) -> MessageOut:
    async with gateway.database.transaction() as session:
        said = await reading.find_message(session, caller.workspace_id, id)
    if said is None:
        raise not_found("message")
    [message] = await shown([said], wanted, link_to(gateway, caller, request))
    return message


def link_to(gateway: Gateway, caller: Principal, request: Request) -> LinkTo:
    """What makes short-lived links to the caller's files."""
    expires_at = datetime.now(UTC) + LINKS_LAST

    def url(attachment_id: UUID) -> str:
        link = Link(caller.workspace_id, attachment_id, expires_at)
        return gateway.links.url(link, str(request.base_url))

    return url


async def shown(said: Sequence[Said], wanted: Wanted, link: LinkTo) -> list[MessageOut]:
    """The messages as the API gives them; in a thread, for long HTML takes its time."""

    def show() -> list[MessageOut]:
        return [_message(each, wanted, link) for each in said]

    return await asyncio.to_thread(show)


def _message(said: Said, wanted: Wanted, link: LinkTo) -> MessageOut:
    attachments = [
        attachment_out(each, link if wanted.file_links else None) for each in said.attachments
    ]
    carried = {each.content_id: each.url for each in attachments if each.content_id and each.url}
    message = said.message
    return MessageOut(
        id=message.id,
        conversation=message.conversation_id,
        seq=message.seq,
        direction=message.direction,
        channel=message.channel_id,
        agent=message.agent_id,
        agent_name=said.agent_name,
        sender=said.sender,
        subject=message.subject,
        text=message.text,
        new_text=message.new_text,
        html=displayable(message.html or "", remote_images=wanted.remote_images, carried=carried),
        email=message.email,
        attributes=message.attributes,
        automatic=message.automatic,
        automatic_kind=message.automatic_kind,
        bounce=bounce_of(message),
        complaint=complaint_of(message),
        authentication=message.authentication or {},
        sent_at=message.sent_at,
        created_at=message.created_at,
        attachments=attachments,
        remote_files=[
            RemoteFileOut.model_validate(each, from_attributes=True) for each in said.remote_files
        ],
        deliveries=[_delivery(each) for each in said.deliveries],
    )


def attachment_out(file: Scanned, link: LinkTo | None = None) -> AttachmentOut:
    row = file.attachment
    is_given = row.sha256 is not None and file.scan != "infected"
    return AttachmentOut(
        id=row.id,
        filename=row.filename,
        content_type=row.content_type,
        declared_type=row.declared_type or row.content_type,
        size=row.size,
        sha256=row.sha256.hex() if row.sha256 else None,
        refused=row.refused,
        inline=row.inline,
        content_id=row.content_id,
        scan=file.scan,
        scan_detail=file.scan_detail,
        url=link(row.id) if link and is_given else None,
    )


def _delivery(row: Delivery) -> DeliveryOut:
    return DeliveryOut(
        id=row.id,
        channel=row.channel_id,
        recipient=row.recipient,
        state=row.state,
        attempts=row.attempts,
        failure=row.failure,
        detail=row.detail,
        segments=row.segments,
    )
