"""Contacts as agents read them: lists, and one with its addresses, merges and conversations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.database.schema import Contact, ContactMerge, Conversation, Identity, OptOut
from gateway.problems import not_found

SHOWN_CONVERSATIONS = 100


@dataclass(frozen=True, slots=True)
class Profile:
    """A contact with its identities; `opted_out` are channels, by the identity's id."""

    contact: Contact
    identities: Sequence[Identity]
    opted_out: Mapping[UUID, list[UUID]]


async def list_contacts(
    session: AsyncSession,
    workspace_id: int,
    *,
    beginning: str | None,
    after: UUID | None,
    limit: int,
) -> list[Profile]:
    """The newest first, without the erased and the merged.

    `beginning` is what a word of the name, or an address, begins with; `after` the last one's id.
    """
    statement = (
        select(Contact)
        .where(Contact.workspace_id == workspace_id, Contact.erased_at.is_(None))
        .where(Contact.merged_into.is_(None))
        .order_by(Contact.id.desc())
        .limit(limit)
    )
    if beginning:
        statement = statement.where(_begins(beginning.lower()))
    if after is not None:
        statement = statement.where(Contact.id < after)
    return await _profiles(session, workspace_id, (await session.scalars(statement)).all())


def _begins(words: str) -> ColumnElement[bool]:
    has_address = exists().where(
        Identity.workspace_id == Contact.workspace_id,
        Identity.contact_id == Contact.id,
        Identity.address.startswith(words, autoescape=True),
    )
    name = func.lower(Contact.name)
    return or_(
        name.startswith(words, autoescape=True),
        name.contains(f" {words}", autoescape=True),
        has_address,
    )


async def profile_of(session: AsyncSession, workspace_id: int, contact_id: UUID) -> Profile:
    """One contact, erased and merged ones too.

    Raises:
        Problem: 404, there is none.
    """
    row = await session.get(Contact, (workspace_id, contact_id))
    if row is None:
        raise not_found("contact")
    [profile] = await _profiles(session, workspace_id, [row])
    return profile


async def merges_into(session: AsyncSession, profile: Profile) -> Sequence[ContactMerge]:
    """The oldest first, those that were undone too."""
    statement = (
        select(ContactMerge)
        .where(ContactMerge.workspace_id == profile.contact.workspace_id)
        .where(ContactMerge.contact_id == profile.contact.id)
        .order_by(ContactMerge.id)
    )
    return (await session.scalars(statement)).all()


async def newest_conversations(
    session: AsyncSession, profile: Profile, seen: ColumnElement[bool]
) -> Sequence[Conversation]:
    """A hundred at most of those `seen`, the most recently active first."""
    statement = (
        select(Conversation)
        .where(Conversation.workspace_id == profile.contact.workspace_id)
        .where(Conversation.identity_id.in_([each.id for each in profile.identities]), seen)
        .order_by(Conversation.last_message_at.desc(), Conversation.id.desc())
        .limit(SHOWN_CONVERSATIONS)
    )
    return (await session.scalars(statement)).all()


async def _profiles(
    session: AsyncSession, workspace_id: int, rows: Sequence[Contact]
) -> list[Profile]:
    statement = (
        select(Identity)
        .where(Identity.workspace_id == workspace_id)
        .where(Identity.contact_id.in_([row.id for row in rows]))
        .order_by(Identity.id)
    )
    identities: dict[UUID, list[Identity]] = {row.id: [] for row in rows}
    for identity in await session.scalars(statement):
        identities[identity.contact_id].append(identity)
    ids = [identity.id for found in identities.values() for identity in found]
    opted_out = await _opted_out(session, workspace_id, ids)
    return [Profile(row, identities[row.id], opted_out) for row in rows]


async def _opted_out(
    session: AsyncSession, workspace_id: int, identities: Sequence[UUID]
) -> dict[UUID, list[UUID]]:
    statement = (
        select(OptOut)
        .where(OptOut.workspace_id == workspace_id, OptOut.identity_id.in_(identities))
        .order_by(OptOut.channel_id)
    )
    channels: dict[UUID, list[UUID]] = {}
    for row in await session.scalars(statement):
        channels.setdefault(row.identity_id, []).append(row.channel_id)
    return channels
