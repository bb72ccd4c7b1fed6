"""What agents find out about a contact: a name, attributes, another address."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from channels.addresses import is_email, normalise_email, normalise_phone
from gateway.contacts.announcing import announce
from gateway.contacts.locking import hold
from gateway.database.schema import Contact, Identity
from gateway.ids import new_id
from gateway.problems import conflict, invalid, not_found

Space = Literal["email", "phone"]


async def change(
    session: AsyncSession,
    workspace_id: int,
    contact_id: UUID,
    *,
    name: str | None,
    attributes: Mapping[str, str | None],
) -> None:
    """Set the name if one is given, and the attributes named; null takes one away (RFC 7396).

    Raises:
        Problem: 404 if there is no such contact, 409 if it is erased or merged.
        Outrun: begin again.
    """
    held = await hold(session, workspace_id, contact_id)
    contact = _present(held.contacts.get(contact_id))
    is_renamed = name is not None and name != contact.name
    contact.name = name or contact.name
    values = {**contact.attributes, **attributes}
    contact.attributes = {key: value for key, value in values.items() if value is not None}
    await session.flush()
    if is_renamed:
        await announce(session, workspace_id, [each.id for each in held.identities], contact_id)


async def add_identity(
    session: AsyncSession, workspace_id: int, contact_id: UUID, *, space: Space, address: str
) -> None:
    """Note that an address is the contact's too; harmless where that is known.

    The identity comes first, as in ingest; a lock then keeps the contact from being merged or
    erased until the commit.

    Raises:
        Problem: 404 if there is no such contact, 409 if it is erased or merged or the address is
            another contact's, 422 if it is no address.
    """
    reached = normalised(space, address)
    key = {"workspace_id": workspace_id, "space": space, "address": reached}
    now = datetime.now(UTC)
    new = {**key, "id": new_id(), "contact_id": contact_id, "created_at": now, "last_seen_at": now}
    _present(await session.get(Contact, (workspace_id, contact_id)))
    await session.execute(insert(Identity).values(new).on_conflict_do_nothing())
    keep = {"read": True, "key_share": True}
    _present(
        await session.get(
            Contact, (workspace_id, contact_id), populate_existing=True, with_for_update=keep
        )
    )
    owner = await session.scalar(select(Identity.contact_id).filter_by(**key))
    if owner != contact_id:
        raise conflict(f"the address is contact {owner}'s: merge the two if they are one person")


def normalised(space: Space, address: str) -> str:
    """Raises Problem 422 for what is no address there."""
    if space == "email":
        email = normalise_email(address)
        if not is_email(email):
            raise invalid("the address is none", [("/address", "must be a mail address")])
        return email
    number = normalise_phone(address)
    if not number.startswith("+"):
        raise invalid("the address is none", [("/address", "must be a number such as +390612345")])
    return number


def _present(contact: Contact | None) -> Contact:
    if contact is None:
        raise not_found("contact")
    if contact.erased_at is not None:
        raise conflict("the contact has been erased")
    if contact.merged_into is not None:
        raise conflict(f"the contact was merged into {contact.merged_into}")
    return contact
