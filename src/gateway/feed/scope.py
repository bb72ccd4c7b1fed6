"""What an agent may see. A queue that has members is seen by these, one without by everybody.

Supervisors, admins and admins' keys see everything; whoever has a conversation sees that one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.access.tokens import Principal, Role
from gateway.database.connections import fetch_in
from gateway.database.schema import Conversation, QueueMember
from gateway.feed.log import EventType, Happening, append_in

UNBOUND = (Role.SUPERVISOR, Role.ADMIN)

READ = """
SELECT head.pos AS at, token.role, ARRAY(
       SELECT member.queue_id
         FROM queue_member member
        WHERE member.workspace_id = $1
        GROUP BY member.queue_id
       HAVING NOT coalesce(bool_or(member.agent_id = token.agent_id), false)
       ) AS hidden
  FROM feed_head head
  JOIN access_token token ON token.workspace_id = head.workspace_id AND token.id = $2
 WHERE head.workspace_id = $1
"""


@dataclass(frozen=True, slots=True)
class Scope:
    """`hidden` are the queues whose conversations are not seen, unless the agent has them.

    `at` is the last position that it takes account of; members of queues change nothing for who
    `is_unbound`.
    """

    hidden: frozenset[UUID] = frozenset()
    is_unbound: bool = field(default=False, compare=False)
    at: int = field(default=0, compare=False)

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Scope":
        """Of a row of `READ`."""
        is_unbound = row["role"] in UNBOUND
        hidden = frozenset() if is_unbound else frozenset(row["hidden"])
        return cls(hidden, is_unbound, row["at"])

    def is_touched_by(self, change: "ScopeChange", agent_id: UUID | None) -> bool:
        """Whether what this agent may see can be another since."""
        if change.agent_id is not None:
            return change.agent_id == agent_id
        return not self.is_unbound and change.concerns(agent_id)


@dataclass(frozen=True, slots=True)
class ScopeChange:
    """Who served a queue before and after; or an agent whose role is another."""

    before: frozenset[UUID] = frozenset()
    after: frozenset[UUID] = frozenset()
    agent_id: UUID | None = None

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "ScopeChange":
        """Of the `data` of an event."""
        if (agent := data.get("agent")) is not None:
            return cls(agent_id=UUID(agent))
        before, after = (frozenset(map(UUID, data["members"][key])) for key in ("before", "after"))
        return cls(before, after)

    def concerns(self, agent_id: UUID | None) -> bool:
        """Whether the queue is hidden from this agent now and was not, or the other way round."""
        was_hidden = bool(self.before) and agent_id not in self.before
        return was_hidden is not (bool(self.after) and agent_id not in self.after)


def allowed(hidden: frozenset[UUID], viewer: UUID | None) -> ColumnElement[bool]:
    """Of conversations, those outside of `hidden` queues, and those that `viewer` has."""
    if not hidden:
        return true()
    seen = Conversation.queue_id.not_in(hidden)
    return seen if viewer is None else or_(seen, Conversation.assignee_id == viewer)


async def hidden_from(session: AsyncSession, caller: Principal) -> frozenset[UUID]:
    """The queues that the caller does not see now."""
    fetch = await fetch_in(session)
    rows = await fetch(READ, caller.workspace_id, caller.token_id)
    return Scope.of(rows[0]).hidden


async def allowed_to(session: AsyncSession, caller: Principal) -> ColumnElement[bool]:
    """Of conversations, those that the caller may see now."""
    return allowed(await hidden_from(session, caller), caller.agent_id)


async def members_of(session: AsyncSession, workspace_id: int, queue_id: UUID) -> list[UUID]:
    statement = select(QueueMember.agent_id).where(
        QueueMember.workspace_id == workspace_id, QueueMember.queue_id == queue_id
    )
    return sorted(await session.scalars(statement))


async def tell_members(
    session: AsyncSession, workspace_id: int, before: Mapping[UUID, list[UUID]]
) -> None:
    """Write the events of queues whose members were these, as the last of a transaction."""
    happenings = []
    for queue_id, members in sorted(before.items()):
        after = await members_of(session, workspace_id, queue_id)
        if after != members:
            data = {"members": {"before": members, "after": after}}
            happenings.append(_happening(workspace_id, queue_id, data))
    if happenings:
        await append_in(session, *happenings)


async def tell_role(session: AsyncSession, workspace_id: int, agent_id: UUID) -> None:
    """Write the event of an agent's new role, as the last of a transaction."""
    await append_in(session, _happening(workspace_id, agent_id, {"agent": agent_id}))


def _happening(workspace_id: int, about: UUID, data: dict[str, Any]) -> Happening:
    return Happening(
        workspace_id=workspace_id,
        type=EventType.SCOPE,
        conversation_id=about,
        version=0,
        queue_before=None,
        queue_after=None,
        assignee_before=None,
        assignee_after=None,
        data=data,
    )
