"""Contacts: who writes, what is kept about them, and their right to have it or to have it gone."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from gateway.api.callers import AdminCaller, AgentCaller, Parts
from gateway.api.downloads import SAFE_HEADERS, disposition
from gateway.api.pages import Cursor, Limit, Page, encode_cursor, id_after
from gateway.api.problems import documented
from gateway.api.texts import Given, Name, Text, Value
from gateway.attributes.definitions import Definitions, Read, kept_values
from gateway.attributes.definitions import shown as typed
from gateway.contacts import changing, merging, reading
from gateway.contacts.erasing import erase_contact
from gateway.contacts.exporting import export_contact
from gateway.contacts.locking import attempt
from gateway.database.schema import ContactMerge, Conversation
from gateway.feed.scope import allowed_to
from gateway.problems import invalid
from gateway.wakeups import Topic

router = APIRouter(
    prefix="/v1/contacts", tags=["contacts"], responses=documented(401, 403, 422, 503)
)

AttributeName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class IdentityOut(BaseModel):
    """An address of the contact, normalised for its space.

    `opted_out` names the channels from which they want no messages, by STOP, or no automatic mail.
    """

    id: UUID
    space: Literal["email", "phone", "visitor"]
    address: str
    created_at: datetime
    last_seen_at: datetime
    opted_out: list[UUID]


class ContactOut(BaseModel):
    """`erased_at` is set on what is left of an erased one.

    One that was merged has given its identities to `merged_into`.
    """

    id: UUID
    name: str | None
    attributes: dict[str, Read]
    identities: list[IdentityOut]
    created_at: datetime
    erased_at: datetime | None
    merged_into: UUID | None


class ConversationSummary(BaseModel):
    id: UUID
    channel: UUID
    subject: str | None
    status: Literal["queued", "offered", "assigned", "pending", "solved", "closed"]
    opened_at: datetime
    last_message_at: datetime


class MergeOut(BaseModel):
    """A contact that was found to be this one, by an agent or key `by`; undone by its id."""

    id: UUID
    other: UUID
    by: str
    at: datetime
    undone_at: datetime | None
    undone_by: str | None


class ContactWithConversations(ContactOut):
    """With what was merged into it, and the conversations that they had last.

    The newest come first, a hundred at most.
    """

    merges: list[MergeOut]
    conversations: list[ConversationSummary]


class ContactPatch(BaseModel):
    """Only what is given changes; an attribute that is null goes.

    Attributes that are defined (GET /v1/attributes) have their types, others are texts.
    """

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"attributes": {"tier": "gold"}}]}
    )

    name: Name | None = None
    attributes: Annotated[dict[AttributeName, Given], Field(max_length=50)] = {}


class NewIdentity(BaseModel):
    """An address of the contact; numbers in E.164."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"space": "phone", "address": "+39061234"}]}
    )

    space: Literal["email", "phone"]
    address: Annotated[Text, Field(max_length=254)]


class MergeIn(BaseModel):
    """`contact` is found to be the same person."""

    model_config = ConfigDict(extra="forbid")

    contact: UUID


class ErasureOut(BaseModel):
    """`conversations` were deleted; `pos` is the feed position after which no agent has them."""

    contact: UUID
    conversations: int
    pos: int | None


@router.get("")
async def list_contacts(
    gateway: Parts,
    caller: AgentCaller,
    q: Annotated[
        Value | None,
        Query(description="What a word of the name, or an address, begins with", max_length=254),
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[ContactOut]:
    """The newest first, without the erased and the merged."""
    after = id_after(cursor) if cursor is not None else None
    async with gateway.database.transaction() as session:
        found = await reading.list_contacts(
            session, caller.workspace_id, beginning=q, after=after, limit=limit
        )
    following = encode_cursor(found[-1].contact.id) if len(found) == limit else None
    definitions = gateway.configuration.workspace(caller.workspace_id).attributes
    items = [shown(each, definitions) for each in found]
    return Page(items=items, next=following)


@router.get("/{id}", responses=documented(404))
async def get_contact(
    gateway: Parts,
    caller: AgentCaller,
    id: UUID,  # noqa: A002
) -> ContactWithConversations:
    async with gateway.database.transaction() as session:
        profile = await reading.profile_of(session, caller.workspace_id, id)
        seen = await allowed_to(session, caller)
        conversations = await reading.newest_conversations(session, profile, seen)
        merges = await reading.merges_into(session, profile)
    definitions = gateway.configuration.workspace(caller.workspace_id).attributes
    return ContactWithConversations(
        **dict(shown(profile, definitions)),
        merges=[*map(_merge, merges)],
        conversations=[*map(_summary, conversations)],
    )


@router.patch("/{id}", responses=documented(404, 409))
async def change_contact(
    gateway: Parts,
    caller: AgentCaller,
    id: UUID,  # noqa: A002
    body: ContactPatch,
) -> ContactWithConversations:
    """Set the name or attributes; rules may test the attributes."""
    definitions = gateway.configuration.workspace(caller.workspace_id).attributes
    attributes, mistakes = kept_values(body.attributes, definitions, "contact", "/attributes")
    if mistakes:
        raise invalid("the attributes have mistakes", mistakes)
    await attempt(
        gateway.database,
        lambda session: changing.change(
            session, caller.workspace_id, id, name=body.name, attributes=attributes
        ),
    )
    gateway.wakeups.notify(Topic.FEED)
    return await get_contact(gateway, caller, id)


@router.post("/{id}/identities", status_code=201, responses=documented(404, 409))
async def add_identity(
    gateway: Parts,
    caller: AgentCaller,
    id: UUID,  # noqa: A002
    body: NewIdentity,
) -> ContactWithConversations:
    """Note another address of the contact: who writes from it is this contact from then on."""
    async with gateway.database.transaction() as session:
        await changing.add_identity(
            session, caller.workspace_id, id, space=body.space, address=body.address
        )
    return await get_contact(gateway, caller, id)


@router.post("/{id}/merge", responses=documented(404, 409))
async def merge_contacts(
    gateway: Parts,
    caller: AgentCaller,
    id: UUID,  # noqa: A002
    body: MergeIn,
) -> ContactWithConversations:
    """Give this contact all addresses of another one that is found to be the same person."""
    await attempt(
        gateway.database,
        lambda session: merging.merge(
            session, caller.workspace_id, id, other_id=body.contact, by=caller.name
        ),
    )
    gateway.wakeups.notify(Topic.FEED)
    return await get_contact(gateway, caller, id)


@router.post("/{id}/merges/{merge}/undo", responses=documented(404, 409))
async def undo_merge(
    gateway: Parts,
    caller: AgentCaller,
    id: UUID,  # noqa: A002
    merge: UUID,
) -> ContactWithConversations:
    """Take two contacts apart again; each has the addresses that it had before."""
    await attempt(
        gateway.database,
        lambda session: merging.undo(session, caller.workspace_id, id, merge, by=caller.name),
    )
    gateway.wakeups.notify(Topic.FEED)
    return await get_contact(gateway, caller, id)


@router.get(
    "/{id}/export",
    response_class=StreamingResponse,
    responses={
        **documented(404),
        200: {
            "description": "One document with everything that is kept: contact, identities, "
            "conversations with decisions, messages, attachments, deliveries and raw payloads",
            "content": {"application/json": {"schema": {"type": "object"}}},
        },
    },
)
async def export(gateway: Parts, caller: AdminCaller, id: UUID) -> StreamingResponse:  # noqa: A002
    """Everything about the contact (GDPR, article 15); bytes are in base64."""
    pieces = await export_contact(gateway.database, gateway.blobs, caller.workspace_id, id)
    headers = {"Content-Disposition": disposition(f"contact-{id}.json"), **SAFE_HEADERS}
    return StreamingResponse(pieces, headers=headers, media_type="application/json")


@router.delete("/{id}", responses=documented(404))
async def erase(gateway: Parts, caller: AdminCaller, id: UUID) -> ErasureOut:  # noqa: A002
    """Erase the contact and all that they wrote, for good (GDPR, article 17).

    A message that they send later makes a new contact.
    """
    done = await attempt(
        gateway.database, lambda session: erase_contact(session, caller.workspace_id, id)
    )
    gateway.wakeups.notify(Topic.FEED)
    return ErasureOut(contact=id, conversations=done.conversations, pos=done.position)


def shown(profile: reading.Profile, definitions: Definitions) -> ContactOut:
    """A contact as answers have it, its attributes with their types."""
    row = profile.contact
    return ContactOut(
        id=row.id,
        name=row.name,
        attributes=typed(row.attributes, definitions),
        identities=[
            IdentityOut(
                id=each.id,
                space=each.space,
                address=each.address,
                created_at=each.created_at,
                last_seen_at=each.last_seen_at,
                opted_out=profile.opted_out.get(each.id, []),
            )
            for each in profile.identities
        ],
        created_at=row.created_at,
        erased_at=row.erased_at,
        merged_into=row.merged_into,
    )


def _merge(row: ContactMerge) -> MergeOut:
    return MergeOut(
        id=row.id,
        other=row.other_id,
        by=row.merged_by,
        at=row.merged_at,
        undone_at=row.undone_at,
        undone_by=row.undone_by,
    )


def _summary(row: Conversation) -> ConversationSummary:
    return ConversationSummary(
        id=row.id,
        channel=row.channel_id,
        subject=row.subject,
        status=row.status,
        opened_at=row.opened_at,
        last_message_at=row.last_message_at,
    )
