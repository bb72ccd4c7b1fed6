"""Identities and contacts of a batch: found or made, and locked until the commit."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from channels.records import record
from gateway.database.connections import to_json
from gateway.ids import new_id
from gateway.ingest.submission import Submission

Address = tuple[int, str, str]

FIND_OR_MAKE = """
WITH wanted AS (
    SELECT * FROM unnest($1::int[], $2::text[], $3::text[], $4::uuid[], $5::uuid[], $6::text[],
                         $7::timestamptz[])
               AS w (workspace_id, space, address, id, contact_id, name, seen_at)
), found AS (
    INSERT INTO identity (workspace_id, space, address, id, contact_id, created_at, last_seen_at)
    SELECT workspace_id, space, address, id, contact_id, seen_at, seen_at FROM wanted
     ORDER BY workspace_id, space, address
    ON CONFLICT (workspace_id, space, address) DO UPDATE
       SET last_seen_at = greatest(identity.last_seen_at, excluded.last_seen_at)
    RETURNING workspace_id, space, address, id, contact_id
), made AS (
    INSERT INTO contact (workspace_id, id, name, created_at)
    SELECT w.workspace_id, w.contact_id, w.name, w.seen_at
      FROM wanted w JOIN found f USING (workspace_id, id)
)
SELECT f.workspace_id, f.space, f.address, f.id, f.contact_id FROM found f
"""

ATTRIBUTES = """
SELECT workspace_id, id, attributes FROM contact
 WHERE (workspace_id, id) IN (SELECT * FROM unnest($1::int[], $2::uuid[])) AND attributes <> '{}'
"""


CLAIMED = """
WITH new AS (
    SELECT * FROM unnest($1::int[], $2::uuid[], $3::text[]) AS n (workspace_id, id, attributes)
), held AS (
    SELECT workspace_id, id FROM contact JOIN new USING (workspace_id, id)
     ORDER BY workspace_id, id FOR NO KEY UPDATE OF contact
)
UPDATE contact c SET attributes = new.attributes::jsonb || c.attributes
  FROM new JOIN held USING (workspace_id, id)
 WHERE (c.workspace_id, c.id) = (new.workspace_id, new.id)
"""


@record
class KnownIdentity:
    """A sender as the database knows it. `is_new` identities have no conversation yet."""

    id: UUID
    contact_id: UUID
    is_new: bool
    attributes: dict[str, str]


def address_of(submission: Submission) -> Address:
    sender = submission.inbound.sender
    return submission.workspace_id, sender.space, sender.address


async def find_or_make(
    connection: "asyncpg.Connection[Any]", submissions: Iterable[Submission]
) -> dict[Address, KnownIdentity]:
    """Every row found is locked, in one order in all processes: the upsert sorts by address."""
    wanted = {address_of(submission): submission for submission in submissions}
    rows = [
        (*address, new_id(), new_id(), submission.inbound.sender.name, submission.received_at)
        for address, submission in wanted.items()
    ]
    proposed = {row[3] for row in rows}
    found = await connection.fetch(FIND_OR_MAKE, *zip(*rows, strict=True))
    attributes = await _attributes(connection, [row for row in found if row["id"] not in proposed])
    return {
        (row["workspace_id"], row["space"], row["address"]): KnownIdentity(
            id=row["id"],
            contact_id=row["contact_id"],
            is_new=row["id"] in proposed,
            attributes=attributes.get(row["contact_id"], {}),
        )
        for row in found
    }


async def _attributes(
    connection: "asyncpg.Connection[Any]", rows: Sequence[asyncpg.Record]
) -> dict[UUID, dict[str, str]]:
    if not rows:
        return {}
    found = await connection.fetch(
        ATTRIBUTES,
        [row["workspace_id"] for row in rows],
        [row["contact_id"] for row in rows],
    )
    return {row["id"]: orjson.loads(row["attributes"]) for row in found}


async def keep_claims(
    connection: "asyncpg.Connection[Any]",
    submissions: Iterable[Submission],
    known: Mapping[Address, KnownIdentity],
) -> None:
    """Add what senders say about themselves to their contacts; what is known already stays.

    Anybody can write anybody's address into a form: nobody may change another's data by it.
    """
    claimed: dict[tuple[int, UUID], dict[str, str]] = {}
    for submission in submissions:
        if attributes := submission.inbound.contact_attributes:
            contact = submission.workspace_id, known[address_of(submission)].contact_id
            claimed[contact] = {**attributes, **claimed.get(contact, {})}
    if claimed:
        rows = [(*contact, to_json(attributes)) for contact, attributes in claimed.items()]
        await connection.execute(CLAIMED, *zip(*rows, strict=True))
