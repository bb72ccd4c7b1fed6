"""Two contacts that turn out to be one person: merged, and taken apart again if that was wrong.

What moves are identities; conversations and messages belong to those and follow by themselves.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.contacts.announcing import announce
from gateway.contacts.locking import Held, hold
from gateway.database.schema import Contact, ContactMerge, Identity
from gateway.ids import new_id
from gateway.problems import conflict, invalid, not_found


async def merge(
    session: AsyncSession, workspace_id: int, contact_id: UUID, *, other_id: UUID, by: str
) -> ContactMerge:
    """Give all identities of `other_id` to `contact_id`; nothing may follow in the transaction.

    Name and attributes that it lacks are taken over. The other one stays as a name that points
    here, and `undo` gives back what it had.

    Raises:
        Problem: 404 if one of them does not exist, 409 if one is erased or merged already, 422 if
            they are the same.
        Outrun: begin again.
    """
    if contact_id == other_id:
        raise invalid("a contact cannot be merged with itself", [("/contact", "name another")])
    held = await hold(session, workspace_id, contact_id, other_id)
    kept, other = _both(held, contact_id, other_id)
    for contact in (kept, other):
        if contact.merged_into is not None:
            detail = f"was merged into {contact.merged_into}: name that one"
            raise conflict(f"contact {contact.id} {detail}")
    moved = [identity for identity in held.identities if identity.contact_id == other_id]
    merged = ContactMerge(
        workspace_id=workspace_id,
        id=new_id(),
        contact_id=kept.id,
        other_id=other.id,
        identities=[identity.id for identity in moved],
        took_name=kept.name is None and other.name is not None,
        took_attributes=sorted(other.attributes.keys() - kept.attributes.keys()),
        merged_by=by,
        merged_at=datetime.now(UTC),
    )
    kept.name = kept.name or other.name
    kept.attributes = other.attributes | kept.attributes
    other.merged_into = kept.id
    session.add(merged)
    await _move(session, moved, kept.id)
    return merged


async def undo(
    session: AsyncSession, workspace_id: int, contact_id: UUID, merge_id: UUID, *, by: str
) -> None:
    """Give back what a merge took, where it still is; nothing may follow in the transaction.

    Undoing twice is harmless. Identities that were found since stay where they are.

    Raises:
        Problem: 404 if there is no such merge, 409 if one of the contacts was erased since, or
            the first was merged into a third, who has the identities now.
        Outrun: begin again.
    """
    merged = await session.get(ContactMerge, (workspace_id, merge_id))
    if merged is None or merged.contact_id != contact_id:
        raise not_found("merge")
    held = await hold(session, workspace_id, merged.contact_id, merged.other_id)
    await session.refresh(merged)
    if merged.undone_at is not None:
        return
    kept, other = _both(held, merged.contact_id, merged.other_id)
    if kept.merged_into is not None:
        raise conflict(f"contact {kept.id} was merged into {kept.merged_into}: undo that first")
    if merged.took_name and kept.name == other.name:
        kept.name = None
    kept.attributes = {
        name: value
        for name, value in kept.attributes.items()
        if name not in merged.took_attributes or other.attributes.get(name) != value
    }
    other.merged_into = None
    merged.undone_at, merged.undone_by = datetime.now(UTC), by
    taken = [each for each in held.identities if each.id in merged.identities]
    await _move(session, [each for each in taken if each.contact_id == kept.id], other.id)


async def merged_into(session: AsyncSession, workspace_id: int, contact_id: UUID) -> set[UUID]:
    """Ids of all that were merged into a contact, also by way of others; without its own."""
    direct = select(Contact.id).where(
        Contact.workspace_id == workspace_id, Contact.merged_into == contact_id
    )
    found = direct.cte("merged", recursive=True)
    further = select(Contact.id).where(
        Contact.workspace_id == workspace_id, Contact.merged_into == found.c.id
    )
    return set(await session.scalars(select(found.union_all(further).c.id)))


def _both(held: Held, contact_id: UUID, other_id: UUID) -> tuple[Contact, Contact]:
    if len(held.contacts) < 2:
        raise not_found("contact")
    if any(row.erased_at is not None for row in held.contacts.values()):
        raise conflict("one of the contacts has been erased")
    return held.contacts[contact_id], held.contacts[other_id]


async def _move(session: AsyncSession, identities: Sequence[Identity], to: UUID) -> None:
    ids = [identity.id for identity in identities]
    if not ids:
        return
    workspace_id = identities[0].workspace_id
    await session.execute(
        update(Identity)
        .where(Identity.workspace_id == workspace_id, Identity.id.in_(ids))
        .values(contact_id=to)
    )
    await announce(session, workspace_id, ids, to)
