"""A past as rows: the log, and what of each conversation is left at its end."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from gateway.database.connections import to_json
from gateway.demo.matters import Matter, Told

LOGGED = (
    "workspace_id", "pos", "at", "type", "conversation_id", "version", "queue_before",
    "queue_after", "assignee_before", "assignee_after", "data",
)  # fmt: skip
CONVERSATIONS = (
    "workspace_id", "id", "channel_id", "identity_id", "subject", "status", "queue_id", "priority",
    "assignee_id", "type", "language", "tags", "version", "message_count", "opened_at",
    "last_message_at", "solved_at", "closed_at", "sla_policy_id",
)  # fmt: skip
MESSAGES = (
    "workspace_id", "id", "conversation_id", "seq", "direction", "channel_id", "identity_id",
    "agent_id", "subject", "text", "created_at",
)  # fmt: skip
SPOKEN = {"message.received": "inbound", "message.replied": "outbound"}


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody who writes from one address."""

    name: str
    space: str
    address: str
    since: datetime
    contact: UUID = field(default_factory=uuid4)
    identity: UUID = field(default_factory=uuid4)


@dataclass(frozen=True, slots=True)
class Past:
    """A conversation that is over; `said` are its messages' texts, in their order."""

    matter: Matter
    customer: Customer
    subject: str
    said: Sequence[str]
    policy: UUID


async def append(
    connection: "asyncpg.Connection[Any]", workspace_id: int, matters: Iterable[Matter]
) -> int:
    """Append all that was told to the log, in the order in which it was written; how many."""
    told = sorted((each for matter in matters for each in matter.told), key=lambda each: each.at)
    head = await connection.fetchval(
        "SELECT pos FROM feed_head WHERE workspace_id = $1 FOR UPDATE", workspace_id
    )
    versions: Counter[UUID] = Counter()
    rows = []
    for pos, each in enumerate(told, head + 1):
        versions[each.conversation] += 1
        rows.append(
            (workspace_id, pos, each.at, each.type, each.conversation, versions[each.conversation],
             *each.queues, *each.agents, to_json(each.data))
        )  # fmt: skip
    await connection.copy_records_to_table("event", records=rows, columns=LOGGED)
    await connection.execute(
        "UPDATE feed_head SET pos = pos + $2 WHERE workspace_id = $1", workspace_id, len(rows)
    )
    return len(rows)


async def store(
    connection: "asyncpg.Connection[Any]", workspace_id: int, pasts: Sequence[Past]
) -> int:
    """Write customers, conversations, messages and the log, set by set; how many events."""
    customers = {past.customer.contact: past.customer for past in pasts}.values()
    await connection.copy_records_to_table(
        "contact",
        records=[(workspace_id, each.contact, each.name, each.since) for each in customers],
        columns=("workspace_id", "id", "name", "created_at"),
    )
    await connection.copy_records_to_table(
        "identity",
        records=[
            (workspace_id, each.identity, each.contact, each.space, each.address, each.since,
             each.since)
            for each in customers
        ],
        columns=(
            "workspace_id", "id", "contact_id", "space", "address", "created_at", "last_seen_at",
        ),
    )  # fmt: skip
    await connection.copy_records_to_table(
        "conversation",
        records=[_conversation(workspace_id, past) for past in pasts],
        columns=CONVERSATIONS,
    )
    await connection.copy_records_to_table(
        "message",
        records=[row for past in pasts for row in _messages(workspace_id, past)],
        columns=MESSAGES,
    )
    return await append(connection, workspace_id, [past.matter for past in pasts])


def _conversation(workspace_id: int, past: Past) -> tuple[Any, ...]:
    matter = past.matter
    item: dict[str, Any] = {}
    for each in matter.told:
        item |= each.data["conversation"]
    spoken = _spoken(matter)
    closed_at = matter.told[-1].at if matter.status == "closed" else None
    return (
        workspace_id, matter.id, matter.channel, past.customer.identity, past.subject,
        matter.status, matter.queue, item["priority"], matter.agent, item["type"],
        item["language"], item["tags"], len(matter.told), len(spoken), matter.told[0].at,
        spoken[-1].at, item["solved_at"], closed_at, past.policy,
    )  # fmt: skip


def _messages(workspace_id: int, past: Past) -> Iterable[tuple[Any, ...]]:
    matter, identity = past.matter, past.customer.identity
    for seq, (each, text) in enumerate(zip(_spoken(matter), past.said, strict=True), 1):
        message, direction = each.data["message"], SPOKEN[each.type]
        writer = identity if direction == "inbound" else None
        yield (
            workspace_id, message["id"], matter.id, seq, direction, matter.channel, writer,
            message.get("agent"), past.subject, text, each.at,
        )  # fmt: skip


def _spoken(matter: Matter) -> list[Told]:
    return [each for each in matter.told if each.type in SPOKEN]
