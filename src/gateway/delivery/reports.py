"""What providers say afterwards about messages that they took: applied to the deliveries.

Reports come in any order and repeatedly, and even before our own `sent` is recorded. So each is a
step up a ladder, or nothing: whatever the order, the same state comes out.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Row, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from channels.contract import DeliveryReport, Payload, StatusInbound
from channels.errors import ChannelError
from channels.text import one_line
from gateway.configuration import ConfiguredChannel
from gateway.database.connections import Database
from gateway.database.schema import Channel, Conversation, Delivery
from gateway.delivery.announcements import Change
from gateway.delivery.opt_outs import note_refusal
from gateway.delivery.outcomes import DETAIL_LENGTH
from gateway.feed.log import EventType, Happening, append_in, in_place
from gateway.metrics import Metrics
from gateway.wakeups import Topic, Wakeups

Effect = Literal["applied", "known", "unknown"]
Candidate = Row[UUID, UUID, str, str]

OF_TEXTS = {"sent": 1, "failed": 2, "delivered": 3}
"""A receipt of the handset outranks our own giving up, as after time-outs."""

OF_MAIL = {"sent": 1, "delivered": 2, "failed": 3}
"""`delivered` only means that the next server took it: it may still bounce."""


class Reports:
    """The way in for reports: verified, read, applied and counted."""

    def __init__(self, database: Database, wakeups: Wakeups, metrics: Metrics) -> None:
        self._database = database
        self._wakeups = wakeups
        self._counted = metrics.reports

    async def receive(
        self, channel: ConfiguredChannel, status: StatusInbound, payload: Payload
    ) -> None:
        """Take in what a channel's provider posts.

        Raises:
            InvalidSignature: it is not the provider's.
            Unparseable: it cannot be read; nothing is kept, since it is no message.
        """
        kind = channel.config.kind
        try:
            status.verify(payload, channel.config)
            reports = status.parse_status(payload, channel.config)
        except ChannelError as error:
            self._counted.labels(kind, type(error).__name__).inc()
            raise
        await self.record(channel, reports)

    async def record(self, channel: ConfiguredChannel, reports: Sequence[DeliveryReport]) -> None:
        """Apply reports about a channel's own deliveries, in one transaction."""
        if not reports:
            return
        await self._heed_refusals(channel, reports)
        async with self._database.transaction() as session:
            effects = await apply(
                session, channel.workspace_id, reports, channel_id=channel.config.id
            )
        for effect, number in effects.items():
            self._counted.labels(channel.config.kind, effect).inc(number)
        if effects["applied"]:
            self._wakeups.notify(Topic.FEED, Topic.DELIVERY)

    async def _heed_refusals(
        self, channel: ConfiguredChannel, reports: Sequence[DeliveryReport]
    ) -> None:
        for recipient in {report.recipient for report in reports if report.unwanted}:
            async with self._database.transaction() as session:
                await note_refusal(session, channel.workspace_id, channel.config.id, recipient)


async def apply(
    session: AsyncSession,
    workspace_id: int,
    reports: Sequence[DeliveryReport],
    *,
    channel_id: UUID | None = None,
) -> Counter[Effect]:
    """Move deliveries to what the reports say, and tell the feed; returns what became of each.

    With `channel_id`, only deliveries of that channel are meant. The last statements of their
    transaction; if any was applied, hint at `Topic.FEED` and `Topic.DELIVERY` after the commit.
    """
    found = [(report, await _find(session, workspace_id, report, channel_id)) for report in reports]
    homes = {each.conversation_id for _, candidates in found for each in candidates}
    conversations = await _lock(session, workspace_id, homes)
    effects: Counter[Effect] = Counter()
    happenings: list[Happening] = []
    for report, candidates in found:
        news = [
            happening
            for each in candidates
            if (home := conversations.get(each.conversation_id))
            and (happening := await _move(session, home, each, report))
        ]
        effects["applied" if news else "known" if candidates else "unknown"] += 1
        happenings += news
    if happenings:
        await append_in(session, *happenings)
    return effects


async def _find(
    session: AsyncSession, workspace_id: int, report: DeliveryReport, channel_id: UUID | None
) -> Sequence[Candidate]:
    """The deliveries that a report speaks of; a mail has one per recipient under one name."""
    statement = (
        select(Delivery.id, Delivery.conversation_id, Delivery.recipient, Channel.kind)
        .join(
            Channel,
            (Channel.workspace_id == Delivery.workspace_id) & (Channel.id == Delivery.channel_id),
        )
        .where(Delivery.workspace_id == workspace_id, _named(report))
    )
    if channel_id is not None:
        statement = statement.where(Delivery.channel_id == channel_id)
    rows = (await session.execute(statement)).all()
    if len(rows) == 1:
        return rows
    meant = report.recipient.casefold()
    return [row for row in rows if row.recipient.casefold() == meant]


def _named(report: DeliveryReport) -> ColumnElement[bool]:
    names: list[ColumnElement[bool]] = []
    if report.delivery_id is not None:
        names.append(Delivery.id == report.delivery_id)
    if report.reference:
        names.append(Delivery.provider_id == report.reference)
    return or_(false(), *names)


async def _lock(
    session: AsyncSession, workspace_id: int, ids: set[UUID]
) -> Mapping[UUID, Conversation]:
    """In the order of the whole system: conversations by id, before any of their deliveries."""
    statement = (
        select(Conversation)
        .where(Conversation.workspace_id == workspace_id, Conversation.id.in_(ids))
        .order_by(Conversation.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return {each.id: each for each in await session.scalars(statement)}


async def _move(
    session: AsyncSession, conversation: Conversation, candidate: Candidate, report: DeliveryReport
) -> Happening | None:
    """Take the delivery a step up, if this is one."""
    key = (conversation.workspace_id, candidate.id)
    delivery = await session.get(Delivery, key, populate_existing=True, with_for_update=True)
    if delivery is None or not _is_news(delivery, report, candidate.kind):
        return None
    delivery.state = report.state
    delivery.lease_until = None
    delivery.provider_id = delivery.provider_id or report.reference or None
    delivery.failure = report.failure
    delivery.detail = one_line(f"{report.code} {report.detail}", DETAIL_LENGTH) or None
    conversation.version += 1
    change = Change(
        delivery.id, delivery.message_id, delivery.state, delivery.attempts, delivery.failure
    )
    return in_place(
        conversation, EventType.DELIVERY, change.as_data(), version=conversation.version
    )


def _is_news(delivery: Delivery, report: DeliveryReport, kind: str) -> bool:
    ladder = OF_MAIL if kind == "email" else OF_TEXTS
    if report.state == delivery.state == "sent":
        return report.failure is not None and delivery.failure is None
    if ladder[report.state] <= ladder.get(delivery.state, 0):
        return False
    # A try whose answer was lost may fail while a later one is under way or has succeeded.
    known = delivery.provider_id
    is_of_another_try = known is not None and report.reference not in {"", known}
    return report.state != "failed" or not is_of_another_try
