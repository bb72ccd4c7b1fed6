"""A conversation under a command: locked, changed, told about, in one transaction."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.assignment import holds
from gateway.assignment.holds import Origin, Told
from gateway.database.connections import Database, fetch_in
from gateway.database.schema import Assignment, Conversation, QueueEntry
from gateway.feed.log import EventType, Happening, append_in
from gateway.ids import new_id
from gateway.problems import conflict, not_found
from gateway.sla import following
from gateway.sla.policies import read_policies
from gateway.sla.turns import OCCURRED_AT
from routing.priority import Priority, effective_at


class Change:
    """One conversation, held by a lock until the commit.

    Commands alter `row`, then `tell` what has happened; `position` is that of the last event.
    """

    def __init__(self, session: AsyncSession, row: Conversation) -> None:
        self.session = session
        self.row = row
        self.now = datetime.now(UTC)
        self.position = 0
        self._happenings: list[Happening] = []
        self._holds: list[Told] = []
        self._queue_before = row.queue_id
        self._assignee_before = row.assignee_id

    def tell(self, event: EventType, data: dict[str, Any]) -> None:
        """Note an event; `data["conversation"]` holds the changed fields of the feed's item.

        Holds that have begun, changed or ended since the last event are told with it.
        """
        self.row.version += 1
        if self.row.sla_policy_id is not None:
            data = {OCCURRED_AT: self.now, **data}
        if self._holds:
            data, self._holds = {**data, "assignments": self._holds}, []
        self._happenings.append(
            Happening(
                workspace_id=self.row.workspace_id,
                type=event,
                conversation_id=self.row.id,
                version=self.row.version,
                queue_before=self._queue_before,
                queue_after=self.row.queue_id,
                assignee_before=self._assignee_before,
                assignee_after=self.row.assignee_id,
                data=data,
            )
        )
        self._queue_before, self._assignee_before = self.row.queue_id, self.row.assignee_id

    async def write_events(self) -> None:
        if self._happenings:
            self._end_pending()
            await self._follow_clocks()
            self.position = await append_in(self.session, *self._happenings)

    def _end_pending(self) -> None:
        """Whatever has moved a pending conversation on, it does not wake later."""
        row = self.row
        if row.status == "pending":
            return
        row.pending_since = None
        if row.snoozed_until is not None:
            row.snoozed_until = None
            self._happenings[-1].data["conversation"]["snoozed_until"] = None

    async def _follow_clocks(self) -> None:
        """The last event says when the conversation is due, where that has changed."""
        row = self.row
        if row.sla_policy_id is None:
            return
        fetch = await fetch_in(self.session)
        policies = await read_policies(fetch, row.workspace_id, row.sla_policy_id)
        followed = following.Followed(
            workspace_id=row.workspace_id,
            conversation_id=row.id,
            policy=policies.by_id[row.sla_policy_id],
            priority=Priority(row.priority),
            is_new=False,
            happenings=self._happenings,
        )
        followups = await following.follow_all(fetch, [followed])
        await following.write(fetch, [followed], followups)
        if followups[row.id].met:
            self._happenings[-1].data["met"] = followups[row.id].met
        for late in followups[row.id].breaches:
            self.tell(EventType.SLA_BREACHED, following.sign_data(late))
        if row.due_at != followups[row.id].due_at:
            row.due_at = followups[row.id].due_at
            self._happenings[-1].data["conversation"]["due_at"] = row.due_at

    async def leave_queue(self) -> None:
        """End the stay in the queue, if it is in one."""
        await self.session.execute(
            update(QueueEntry)
            .where(
                QueueEntry.workspace_id == self.row.workspace_id,
                QueueEntry.conversation_id == self.row.id,
                QueueEntry.left_at.is_(None),
            )
            .values(left_at=self.now)
        )

    def enter_queue(self, queue_id: UUID, queued_at: datetime) -> None:
        """Wait in a queue, with the waiting time so far kept."""
        self.row.status = "queued"
        self.row.queue_id = queue_id
        self.row.assignee_id = None
        self.session.add(
            QueueEntry(
                workspace_id=self.row.workspace_id,
                conversation_id=self.row.id,
                id=new_id(),
                queue_id=queue_id,
                queued_at=queued_at,
                effective_at=effective_at(queued_at, Priority(self.row.priority)),
            )
        )

    async def assign(self, agent_id: UUID, origin: Origin, **terms: Any) -> None:
        """Give it to an agent; nobody may hold it. Raises and `terms` as `holds.begin`."""
        held = await holds.begin(self.session, self.row, agent_id, origin, self.now, **terms)
        self._holds.append(held)
        self.row.status = "assigned"
        self.row.assignee_id = agent_id

    async def accept(self, offer: Assignment) -> None:
        """Make an offer of it the agent's own."""
        await self.leave_queue()
        self._holds.append(holds.accept(offer, self.now))
        self.row.status = "assigned"

    async def end_hold(self, reason: str, detail: str | None = None) -> None:
        """Take it from whoever has it or is offered it, if anybody."""
        hold = await holds.current(self.session, self.row)
        if hold is not None:
            ended = await holds.end(self.session, hold, reason, self.now, detail)
            self._holds.append(ended)

    async def finish(self) -> None:
        """End the hold of who has solved it, or begin their wrap-up."""
        hold = await holds.current(self.session, self.row)
        if hold is not None:
            self._holds.append(await holds.finish(self.session, hold, self.now))

    async def end_wrap_up(self, hold: Assignment) -> None:
        self._holds.append(await holds.end(self.session, hold, "solved", self.now))

    async def leave(self, reason: str) -> datetime:
        """End the stay and the hold; returns since when the customer has waited."""
        waited_since = await self.first_wait()
        await self.leave_queue()
        await self.end_hold(reason)
        return waited_since

    async def first_wait(self) -> datetime:
        """When the present wait for an answer began, over all queues since it was last opened."""
        began = await self.session.scalar(
            select(QueueEntry.queued_at)
            .where(
                QueueEntry.workspace_id == self.row.workspace_id,
                QueueEntry.conversation_id == self.row.id,
            )
            .order_by(QueueEntry.id.desc())
            .limit(1)
        )
        return began or self.now


@asynccontextmanager
async def changing(
    database: Database, workspace_id: int, conversation_id: UUID
) -> AsyncIterator[Change]:
    """Lock a conversation for one command; its events are written last, then all is committed.

    Raises:
        Problem: 404 if the workspace has no such conversation, 409 if it is closed.
    """
    async with (
        database.transaction() as session,
        locked(session, workspace_id, conversation_id) as change,
    ):
        yield change


@asynccontextmanager
async def locked(
    session: AsyncSession, workspace_id: int, conversation_id: UUID
) -> AsyncIterator[Change]:
    """`changing` inside a transaction that has locked what comes before conversations."""
    row = await session.get(
        Conversation, (workspace_id, conversation_id), with_for_update={"key_share": True}
    )
    if row is None:
        raise not_found("conversation")
    if row.status == "closed":
        raise conflict("the conversation is closed: a new message of the customer opens another")
    change = Change(session, row)
    yield change
    await change.write_events()
