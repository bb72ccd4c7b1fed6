"""Writing down what an attempt came to."""

from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.database.schema import Attempt, Delivery
from gateway.delivery.announcements import Change, Moved, announce, lock_conversation
from gateway.delivery.claims import Claimed
from gateway.delivery.outcomes import Outcome


async def record(session: AsyncSession, claimed: Claimed, outcome: Outcome) -> bool:
    """Close the attempt, move the delivery and tell the feed; whether there was news to tell.

    May be repeated where the fate of an earlier COMMIT is unknown. Where another worker has taken
    the delivery since, only the attempt is closed. Trying again is news once per kind of failure.

    Raises:
        Moved: another conversation has the delivery now; roll back and begin again.
    """
    conversation = await lock_conversation(session, claimed.workspace_id, claimed.conversation_id)
    if not await _close_attempt(session, claimed, outcome):
        return False
    home = await _move_delivery(session, claimed, outcome)
    if home is None:
        return False
    if conversation is None or conversation.id != home:
        raise Moved(home)
    if outcome.state == "queued" and outcome.failure == claimed.last_failure:
        return False
    await announce(session, conversation, [_change(claimed, outcome)])
    return True


async def _close_attempt(session: AsyncSession, claimed: Claimed, outcome: Outcome) -> bool:
    statement = (
        update(Attempt)
        .where(
            Attempt.workspace_id == claimed.workspace_id,
            Attempt.delivery_id == claimed.delivery_id,
            Attempt.number == claimed.number,
            Attempt.outcome.is_(None),
        )
        .values(
            finished_at=func.clock_timestamp(),
            outcome=outcome.result,
            failure=outcome.failure,
            detail=outcome.detail,
        )
    )
    return await session.scalar(statement.returning(Attempt.number)) is not None


async def _move_delivery(session: AsyncSession, claimed: Claimed, outcome: Outcome) -> UUID | None:
    """Return the conversation that has the delivery; None where another worker has it since."""
    statement = (
        update(Delivery)
        .where(
            Delivery.workspace_id == claimed.workspace_id,
            Delivery.id == claimed.delivery_id,
            Delivery.attempts == claimed.number,
            Delivery.state == "sending",
        )
        .values(
            state=outcome.state,
            lease_until=None,
            provider_id=outcome.provider_id,
            failure=outcome.failure,
            detail=outcome.detail,
        )
    )
    if outcome.retry_in is not None:
        statement = statement.values(due_at=func.clock_timestamp() + outcome.retry_in)
    home: UUID | None = await session.scalar(statement.returning(Delivery.conversation_id))
    return home


def _change(claimed: Claimed, outcome: Outcome) -> Change:
    return Change(
        claimed.delivery_id, claimed.message_id, outcome.state, claimed.number, outcome.failure
    )
