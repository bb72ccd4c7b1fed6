"""Attributes of conversations: set by agents and programs, filled by what customers say."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import asyncpg

from gateway.attributes.definitions import Definitions, Given, kept_values, of_subject
from gateway.configuration import Configuration
from gateway.conversations.assigning import Done, done
from gateway.conversations.change import changing
from gateway.database.connections import Database, to_json
from gateway.feed.log import EventType
from gateway.ingest.placing import Placed
from gateway.problems import invalid

FILL = """
UPDATE conversation c SET attributes = n.attributes::jsonb || c.attributes
  FROM unnest($1::int[], $2::uuid[], $3::text[]) AS n (workspace_id, id, attributes)
 WHERE (c.workspace_id, c.id) = (n.workspace_id, n.id)
"""


async def set_attributes(
    database: Database,
    workspace_id: int,
    conversation_id: UUID,
    given: Mapping[str, Given],
    definitions: Definitions,
) -> Done:
    """Set those that are named; None takes one away. The event names them, without their values.

    Raises:
        Problem: 422, with every value that does not fit.
    """
    kept, mistakes = kept_values(given, definitions, "conversation", "/attributes")
    if mistakes:
        raise invalid("the attributes have mistakes", mistakes)
    async with changing(database, workspace_id, conversation_id) as change:
        before = change.row.attributes
        after = {name: value for name, value in {**before, **kept}.items() if value is not None}
        if after != before:
            change.row.attributes = after
            names = sorted(name for name in kept if after.get(name) != before.get(name))
            change.tell(EventType.LABELLED, {"conversation": {}, "attributes": names})
    return done(change)


async def fill(
    connection: "asyncpg.Connection[Any]", placed: Iterable[Placed], configuration: Configuration
) -> None:
    """Keep what a batch's messages say of their conversations; what is known already stays.

    The conversations are locked or new.
    """
    said: dict[tuple[int, UUID], dict[str, str]] = {}
    for each in placed:
        submission = each.arrival.submission
        definitions = configuration.workspace(submission.workspace_id).attributes
        if definitions and submission.inbound.kind == "web_form":
            values = of_subject(submission.inbound.attributes, definitions, "conversation")
            key = submission.workspace_id, each.state.id
            if own := dict(values):
                said[key] = own | said.get(key, {})
    if said:
        rows = [(*key, to_json(values)) for key, values in said.items()]
        await connection.execute(FILL, *zip(*rows, strict=True))
