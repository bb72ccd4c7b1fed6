"""What providers say afterwards about messages that they took: applied to the deliveries.

Reports come in any order and repeatedly, and even before our own `sent` is recorded. So each is a
step up a ladder, or nothing: whatever the order, the same state comes out.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, literal, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from channels.contract import DeliveryReport, Payload, StatusInbound
from channels.errors import ChannelError
from channels.text import one_line
from gateway.configuration import ConfiguredChannel
from gateway.database.connections import MAX_TRIES, Database, is_contention
from gateway.database.schema import Conversation, Delivery
from gateway.delivery.announcements import Change, Moved
from gateway.delivery.opt_outs import note_refusal
from gateway.delivery.outcomes import DETAIL_LENGTH
from gateway.feed.log import EventType, Happening, append_in, in_place
from gateway.ingest.submission import IngestUnavailable
from gateway.metrics import Metrics
from gateway.wakeups import Topic, Wakeups

Effect = Literal["applied", "known", "unknown"]
Row = TypeVar("Row", Conversation, Delivery)

UUIDS = ARRAY(Uuid())

# A mail bears its name before anybody has recorded that it was sent. Of what somebody retries by
# hand and no worker has tried since, a report under that name speaks of the tries before.
NAMED = text("""
SELECT report.number, named.id, named.conversation_id, named.recipient, channel.kind
  FROM unnest(CAST(:references AS text[]), CAST(:ids AS uuid[])) WITH ORDINALITY
       AS report (reference, delivery_id, number)
 CROSS JOIN LATERAL (
    SELECT d.id, d.conversation_id, d.recipient, d.channel_id
      FROM delivery d
     WHERE d.workspace_id = :workspace_id AND d.id = report.delivery_id
     UNION
    SELECT d.id, d.conversation_id, d.recipient, d.channel_id
      FROM delivery d
     WHERE d.workspace_id = :workspace_id AND d.provider_id = report.reference
     UNION
    SELECT d.id, d.conversation_id, d.recipient, d.channel_id
      FROM thread_ref t
      JOIN delivery d ON d.workspace_id = t.workspace_id AND d.message_id = t.message_id
     WHERE t.workspace_id = :workspace_id AND t.rfc_message_id = report.reference
       AND d.attempts > d.forgiven
 ) named
  JOIN channel ON channel.workspace_id = :workspace_id AND channel.id = named.channel_id
 WHERE channel.id = coalesce(CAST(:channel_id AS uuid), channel.id)
 ORDER BY report.number, named.id
""")

OF_TEXTS = {"sent": 1, "failed": 2, "delivered": 3}
"""A receipt of the handset outranks our own giving up, as after time-outs."""

OF_MAIL = {"sent": 1, "delivered": 2, "failed": 3}
"""`delivered` only means that the next server took it: it may still bounce."""


class Candidate(NamedTuple):
    """A delivery that a report may speak of, as it was before it is locked."""

    id: UUID
    conversation_id: UUID
    recipient: str
    kind: str


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
            IngestUnavailable: the provider must try again.
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
        """Apply reports about a channel's own deliveries, in one transaction.

        Raises:
            IngestUnavailable: others were in the way each time; nothing of it is kept.
        """
        if not reports:
            return
        effects = await self._with_retries(channel, reports)
        for effect, number in effects.items():
            self._counted.labels(channel.config.kind, effect).inc(number)
        if effects["applied"]:
            self._wakeups.notify(Topic.FEED, Topic.DELIVERY)

    async def _with_retries(
        self, channel: ConfiguredChannel, reports: Sequence[DeliveryReport]
    ) -> Counter[Effect]:
        for _ in range(MAX_TRIES):
            try:
                return await self._apply(channel, reports)
            except Moved:
                continue
            except DBAPIError as error:
                if not is_contention(error):
                    raise
        raise IngestUnavailable("the deliveries are being changed by others")

    async def _apply(
        self, channel: ConfiguredChannel, reports: Sequence[DeliveryReport]
    ) -> Counter[Effect]:
        workspace_id, channel_id = channel.workspace_id, channel.config.id
        for recipient in {report.recipient for report in reports if report.unwanted}:
            async with self._database.transaction() as session:
                await note_refusal(session, workspace_id, channel_id, recipient)
        async with self._database.transaction() as session:
            return await apply(session, workspace_id, reports, channel_id=channel_id)


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

    Raises:
        Moved: another conversation has a delivery now; roll back and begin again.
    """
    found = await _find(session, workspace_id, reports, channel_id)
    held = await _hold(session, workspace_id, [each for some in found for each in some])
    effects: Counter[Effect] = Counter()
    happenings: list[Happening] = []
    for report, candidates in zip(reports, found, strict=True):
        news = [
            _move(*held[each.id], report)
            for each in candidates
            if each.id in held and _is_news(held[each.id][1], report, each.kind)
        ]
        effects["applied" if news else "known" if candidates else "unknown"] += 1
        happenings += news
    if happenings:
        await append_in(session, *happenings)
    return effects


async def _find(
    session: AsyncSession,
    workspace_id: int,
    reports: Sequence[DeliveryReport],
    channel_id: UUID | None,
) -> Sequence[Sequence[Candidate]]:
    """The deliveries that each report speaks of; a mail has one per recipient under one name."""
    values = {
        "workspace_id": workspace_id,
        "channel_id": channel_id,
        "references": [report.reference or None for report in reports],
        "ids": [report.delivery_id for report in reports],
    }
    named: defaultdict[int, list[Candidate]] = defaultdict(list)
    for row in await session.execute(NAMED, values):
        named[row.number].append(Candidate(row.id, row.conversation_id, row.recipient, row.kind))
    return [_meant(named[number], report) for number, report in enumerate(reports, 1)]


def _meant(candidates: Sequence[Candidate], report: DeliveryReport) -> Sequence[Candidate]:
    if len(candidates) == 1:
        return candidates
    recipient = report.recipient.casefold()
    return [each for each in candidates if each.recipient.casefold() == recipient]


async def _hold(
    session: AsyncSession, workspace_id: int, candidates: Sequence[Candidate]
) -> Mapping[UUID, tuple[Conversation, Delivery]]:
    """Lock, in the order of the whole system, conversations by id and then their deliveries."""
    homes = {
        each.id: each
        for each in await _locked(
            session, Conversation, workspace_id, {each.conversation_id for each in candidates}
        )
    }
    deliveries = await _locked(session, Delivery, workspace_id, {each.id for each in candidates})
    for each in deliveries:
        if each.conversation_id not in homes:
            raise Moved(each.conversation_id)
    return {each.id: (homes[each.conversation_id], each) for each in deliveries}


async def _locked(
    session: AsyncSession, table: type[Row], workspace_id: int, ids: set[UUID]
) -> Sequence[Row]:
    statement = (
        select(table)
        .where(table.workspace_id == workspace_id, table.id == any_(literal(list(ids), UUIDS)))
        .order_by(table.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(statement)).all() if ids else ()


def _move(conversation: Conversation, delivery: Delivery, report: DeliveryReport) -> Happening:
    """Take the delivery a step up."""
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
