"""What was said, as agents read it."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from channels.contract import AutomaticKind
from channels.email.display import displayable
from gateway.api.callers import AgentCaller, Parts
from gateway.api.machine_mail import Bounce, Complaint, bounce_of, complaint_of
from gateway.api.problems import documented
from gateway.conversations import reading
from gateway.conversations.reading import Said
from gateway.database.schema import Attachment, Delivery, Refusal
from gateway.feed.item import Address
from gateway.problems import not_found

router = APIRouter(
    prefix="/v1/messages", tags=["conversations"], responses=documented(401, 403, 404, 422, 503)
)

RemoteImages = Annotated[
    bool, Query(description="Keep images in `html` that are loaded from elsewhere, and tell on us")
]


class AttachmentOut(BaseModel):
    """Download by GET /v1/attachments/{id}.

    `content_type` is what the bytes show, `declared_type` what the sender said of them. A file that
    is `refused` for its size has no digest and is not kept; the message's raw payload may have it.
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
    for; images that came along are named by `cid:` and the `content_id` of an attachment.
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
    remote_images: RemoteImages = False,
) -> MessageOut:
    async with gateway.database.transaction() as session:
        said = await reading.find_message(session, caller.workspace_id, id)
    if said is None:
        raise not_found("message")
    [message] = await shown([said], remote_images=remote_images)
    return message


async def shown(said: Sequence[Said], *, remote_images: bool) -> list[MessageOut]:
    """The messages as the API gives them; in a thread, for long HTML takes its time."""

    def show() -> list[MessageOut]:
        return [_message(each, remote_images=remote_images) for each in said]

    return await asyncio.to_thread(show)


def _message(said: Said, *, remote_images: bool) -> MessageOut:
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
        html=displayable(message.html or "", remote_images=remote_images),
        email=message.email,
        attributes=message.attributes,
        automatic=message.automatic,
        automatic_kind=message.automatic_kind,
        bounce=bounce_of(message),
        complaint=complaint_of(message),
        authentication=message.authentication or {},
        sent_at=message.sent_at,
        created_at=message.created_at,
        attachments=[attachment_out(each) for each in said.attachments],
        remote_files=[
            RemoteFileOut.model_validate(each, from_attributes=True) for each in said.remote_files
        ],
        deliveries=[_delivery(each) for each in said.deliveries],
    )


def attachment_out(row: Attachment) -> AttachmentOut:
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
