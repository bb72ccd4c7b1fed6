"""Contacts and their addresses, held until the commit.

A statement that waits for a lock goes on with what it had found before it waited. What is held is
therefore read once more: if there is more of it by now, the transaction begins again.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.database.connections import Database
from gateway.database.schema import Contact, Identity
from gateway.problems import unavailable

MOST_TRIES = 5

Result = TypeVar("Result")


class Outrun(Exception):  # noqa: N818 - no error: another transaction was faster
    """What was to be held has grown while the transaction waited for it: it must begin again."""


@dataclass(frozen=True, slots=True)
class Held:
    """Contacts by their ids, those that exist, and all their identities."""

    contacts: Mapping[UUID, Contact]
    identities: Sequence[Identity]


async def attempt(database: Database, work: Callable[[AsyncSession], Awaitable[Result]]) -> Result:
    """Do work in a transaction, begun again as often as it is outrun, within bounds.

    Raises:
        Problem: 503 if it is outrun each time; whatever the work raises.
    """
    for _ in range(MOST_TRIES):
        try:
            async with database.transaction() as session:
                return await work(session)
        except Outrun:
            continue
    raise unavailable("others keep changing this contact: try again")


async def hold(session: AsyncSession, workspace_id: int, *contact_ids: UUID) -> Held:
    """Lock contacts and their identities, these first and by address, as ingest does.

    From here on no message can come in for them, and no address be added or taken away.

    Raises:
        Outrun: an address was added meanwhile.
    """
    of_them = (Identity.workspace_id == workspace_id, Identity.contact_id.in_(contact_ids))
    by_address = select(Identity).where(*of_them).order_by(Identity.space, Identity.address)
    identities = (await session.scalars(by_address.with_for_update())).all()
    by_id = (
        select(Contact)
        .where(Contact.workspace_id == workspace_id, Contact.id.in_(contact_ids))
        .order_by(Contact.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    contacts = {row.id: row for row in await session.scalars(by_id)}
    present = set(await session.scalars(select(Identity.id).where(*of_them)))
    if present != {identity.id for identity in identities}:
        raise Outrun
    return Held(contacts, identities)
