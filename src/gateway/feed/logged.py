"""Events as they are read from the log: with a position, and serialised once for all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Self
from uuid import UUID

import orjson

from gateway.database.connections import Fetch
from gateway.feed.item import personal_fields
from gateway.feed.log import EventType
from gateway.feed.scope import ScopeChange
from gateway.feed.server_frames import LEFT_VIEW

PAGE_EVENTS = 500
OLDER_EVENTS = 100
"""A page for a single subscription: its window has room for little more."""

PERSONAL = frozenset({EventType.OPENED, EventType.CONTACT})
"""What is told together with the conversation's contact as it is when it is read."""

IS_MOVE = f"""(e.type <> '{EventType.OPENED}'
           AND (e.queue_before, e.assignee_before)
               IS DISTINCT FROM (e.queue_after, e.assignee_after))"""
"""What may bring a conversation into a view, which then needs all of the item."""

READ = f"""
SELECT f.workspace_id, h.epoch, h.pos AS head,
       e.pos, e.at, e.type, e.conversation_id, e.version, e.data::text AS data,
       e.queue_before, e.queue_after, e.assignee_before, e.assignee_after,
       o.kind, o.subject, o.space, o.address, o.contact_id, o.contact_name, past.item
  FROM unnest($1::int[], $2::bigint[]) AS f (workspace_id, after)
  JOIN feed_head h ON h.workspace_id = f.workspace_id
  JOIN workspace w ON w.id = f.workspace_id
  LEFT JOIN LATERAL (
       SELECT *
         FROM event
        WHERE event.workspace_id = f.workspace_id
          AND event.pos > f.after
          AND event.at >= now() - make_interval(hours => w.feed_resume_hours)
        ORDER BY event.pos
        LIMIT $3
       ) e ON true
  LEFT JOIN LATERAL (
       SELECT channel.kind, c.subject, i.space, i.address,
              contact.id AS contact_id, contact.name AS contact_name
         FROM conversation c
         JOIN channel ON channel.workspace_id = c.workspace_id AND channel.id = c.channel_id
         JOIN identity i ON i.workspace_id = c.workspace_id AND i.id = c.identity_id
         JOIN contact ON contact.workspace_id = i.workspace_id AND contact.id = i.contact_id
        WHERE c.workspace_id = f.workspace_id AND c.id = e.conversation_id
          AND (e.type IN ('{EventType.OPENED}', '{EventType.CONTACT}') OR {IS_MOVE})
        LIMIT 1
       ) o ON true
  LEFT JOIN LATERAL (
       SELECT jsonb_object_agg(field.key, field.value ORDER BY one.pos)::text AS item
         FROM event one, jsonb_each(one.data -> 'conversation') AS field
        WHERE one.workspace_id = f.workspace_id AND one.conversation_id = e.conversation_id
          AND one.pos <= e.pos AND {IS_MOVE}
       ) past ON true
 ORDER BY f.workspace_id, e.pos
"""  # noqa: S608 - constants; the limits keep the planner from joining whole tables


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """What decides who sees the event, and its members as JSON, without the first brace.

    Those of a move are there three times: `arrival` has the whole item in its data, as it was after
    the event, for views that the conversation comes into; `departure` says only that it has left.
    A change of scope is not shown: it changes what is.
    """

    pos: int
    type: str
    conversation_id: UUID
    queue_before: UUID | None
    queue_after: UUID | None
    assignee_before: UUID | None
    assignee_after: UUID | None
    members: bytes
    arrival: bytes | None
    departure: bytes | None
    scope: ScopeChange | None = None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        data = enriched(row) if row["type"] in PERSONAL else orjson.Fragment(row["data"])
        return cls(
            pos=row["pos"],
            type=row["type"],
            conversation_id=row["conversation_id"],
            queue_before=row["queue_before"],
            queue_after=row["queue_after"],
            assignee_before=row["assignee_before"],
            assignee_after=row["assignee_after"],
            members=members_of(row, row["type"], data),
            arrival=row["item"] and members_of(row, row["type"], arrived(row)),
            departure=members_of(row, LEFT_VIEW, {}) if is_move(row) else None,
            scope=scope_change_of(row),
        )

    @property
    def size(self) -> int:
        return len(self.members) + len(self.arrival or b"")


def scope_change_of(row: Mapping[str, Any]) -> ScopeChange | None:
    is_one = row["type"] == EventType.SCOPE
    return ScopeChange.of(orjson.loads(row["data"])) if is_one else None


def is_move(row: Mapping[str, Any]) -> bool:
    before = row["queue_before"], row["assignee_before"]
    return before != (row["queue_after"], row["assignee_after"])


def members_of(row: Mapping[str, Any], type_: str, data: Any) -> bytes:
    members = {
        "pos": row["pos"],
        "type": type_,
        "entity": str(row["conversation_id"]),
        "ver": row["version"],
        "at": row["at"],
        "data": data,
    }
    return orjson.dumps(members, default=str)[1:]


def enriched(row: Mapping[str, Any]) -> dict[str, Any]:
    """The data of a personal event, with what may not stand in the log."""
    data: dict[str, Any] = orjson.loads(row["data"])
    conversation = data.get("conversation", {}) | personal_fields(row)
    return data | {"conversation": conversation}


def arrived(row: Mapping[str, Any]) -> dict[str, Any]:
    """The event's data, with all that the log tells of the conversation up to it."""
    data: dict[str, Any] = orjson.loads(row["data"])
    return data | {"conversation": orjson.loads(row["item"]) | personal_fields(row)}


@dataclass(frozen=True, slots=True)
class Page:
    """The next events of a workspace after a position, and where the log stood then."""

    epoch: str
    head: int
    events: Sequence[LoggedEvent]

    @property
    def is_full(self) -> bool:
        return len(self.events) == PAGE_EVENTS

    def follows(self, pos: int) -> bool:
        """Whether nothing lies between `pos` and this page that is too old to be served."""
        return self.events[0].pos == pos + 1 if self.events else self.head <= pos


async def read_pages(
    fetch: Fetch, after: Mapping[int, int | None], limit: int = PAGE_EVENTS
) -> dict[int, Page]:
    """A page for each workspace, in one statement; without events where the position is None."""
    rows = await fetch(READ, list(after), list(after.values()), limit)
    grouped = groupby(rows, key=lambda row: int(row["workspace_id"]))
    return {workspace_id: page_of(list(group)) for workspace_id, group in grouped}


def page_of(rows: Sequence[Mapping[str, Any]]) -> Page:
    events = [LoggedEvent.from_row(row) for row in rows if row["pos"] is not None]
    return Page(rows[0]["epoch"], rows[0]["head"], events)
