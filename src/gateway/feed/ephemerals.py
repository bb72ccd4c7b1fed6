"""What is told without a position, and never again: who types, and who looks at what.

Whoever shows it forgets it after `ttl_ms`, unless it is told again; 0 says that it is over.
"""

from dataclasses import asdict
from functools import lru_cache
from typing import Any, Literal
from uuid import UUID

from channels.records import record
from gateway.feed.parcel import Parcel
from gateway.feed.server_frames import Eph

TYPING_MS = 10_000
VIEWING_MS = 30_000


@record
class Typing:
    """Somebody writes in a conversation, or has stopped. Queue and assignee are as they were."""

    workspace_id: int
    conversation_id: UUID
    by: Literal["customer", "agent"]
    on: bool
    name: str | None = None
    agent_id: UUID | None = None
    queue_id: UUID | None = None
    assignee_id: UUID | None = None


@record
class Viewing:
    """An agent looks at a conversation, or does no longer. Queue and assignee are as they were."""

    workspace_id: int
    conversation_id: UUID
    on: bool
    name: str | None
    agent_id: UUID | None
    queue_id: UUID | None = None
    assignee_id: UUID | None = None


Ephemeral = Typing | Viewing

KINDS: dict[str, type[Ephemeral]] = {"typing": Typing, "viewing": Viewing}
IDS = ("conversation_id", "agent_id", "queue_id", "assignee_id")


def document_of(ephemeral: Ephemeral) -> dict[str, Any]:
    """As it goes to other processes; read by `ephemeral_of`."""
    kind = "typing" if isinstance(ephemeral, Typing) else "viewing"
    return {kind: asdict(ephemeral)}


def ephemeral_of(document: dict[str, Any]) -> Ephemeral | None:
    """None for a document that is about something else."""
    for kind, made in KINDS.items():
        if kind in document:
            fields = document[kind]
            ids = {name: UUID(fields[name]) for name in IDS if fields[name] is not None}
            return made(**{**fields, **ids})
    return None


@lru_cache(maxsize=64)
def told_of(ephemeral: Ephemeral) -> Parcel:
    """The frame, made once for all sockets."""
    conversation, who = ephemeral.conversation_id, ephemeral.agent_id or "customer"
    data: dict[str, Any] = {
        "conversation": conversation,
        "agent": ephemeral.agent_id,
        "name": ephemeral.name,
        "on": ephemeral.on,
    }
    if isinstance(ephemeral, Typing):
        kind, ttl = "typing", TYPING_MS
        data["by"] = ephemeral.by
    else:
        kind, ttl = "viewing", VIEWING_MS
    return Parcel.of(
        Eph(kind=kind, key=f"{conversation}/{who}", ttl_ms=ttl if ephemeral.on else 0, data=data)
    )
