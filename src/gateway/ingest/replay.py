"""Another try of what lies in quarantine, after a fix.

Safe at any moment: the message and its hold on the entry's receipt are one transaction, so that
whoever tries again, at once or after a crash, meets that message instead of making another.
"""

from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession

from channels.contract import Payload
from gateway.configuration import Configuration
from gateway.database.connections import Database
from gateway.database.schema import Quarantine
from gateway.files.blobs import BlobStore
from gateway.ingest.door import Intake
from gateway.problems import conflict, not_found


async def replay(
    database: Database,
    configuration: Configuration,
    intake: Intake,
    blobs: BlobStore,
    workspace_id: int,
    quarantine_id: UUID,
) -> Quarantine:
    """Process an entry's payload once more; a replayed one comes back as it is.

    Its signature was verified when it came. On a further failure the entry says why.

    Raises:
        Problem: 404, there is none; 409, it was discarded, its channel is archived, or it failed.
        IngestUnavailable, StoreUnavailable: try again.
    """
    async with database.transaction() as session:
        entry = await find(session, workspace_id, quarantine_id)
    if entry.state == "replayed":
        return entry
    if entry.state == "discarded":
        raise conflict("the entry was discarded")
    channel = configuration.channel(workspace_id, entry.channel_id)
    if channel is None:
        raise conflict("the entry's channel is archived")
    payload = Payload(entry.content_type, await raw_body(blobs, entry), entry.envelope)
    accepted = await intake.process(channel, payload, entry.received_at, replays=entry.id)
    async with database.transaction() as session:
        if accepted.message_id is not None:
            await _settle(session, entry, accepted.message_id)
        settled = await find(session, workspace_id, quarantine_id)
    if settled.state == "held":
        raise conflict(f"it still fails: {settled.code}: {settled.detail}")
    return settled


async def discard(session: AsyncSession, workspace_id: int, quarantine_id: UUID) -> Quarantine:
    """Give an entry up; a discarded one comes back as it is.

    Raises:
        Problem: 404, there is none; 409, its message is there already.
    """
    entry = await session.get(Quarantine, (workspace_id, quarantine_id), with_for_update=True)
    if entry is None:
        raise not_found("quarantine entry")
    if entry.state == "replayed":
        raise conflict("the entry was replayed: its message is in its conversation")
    if entry.state == "held":
        entry.state = "discarded"
        entry.settled_at = func.now()
        await session.flush()
        await session.refresh(entry)
    return entry


async def find(session: AsyncSession, workspace_id: int, quarantine_id: UUID) -> Quarantine:
    entry = await session.get(Quarantine, (workspace_id, quarantine_id), populate_existing=True)
    if entry is None:
        raise not_found("quarantine entry")
    return entry


async def raw_body(blobs: BlobStore, entry: Quarantine) -> bytes:
    """The payload's bytes, wherever they lie.

    Raises:
        StoreUnavailable: they cannot be had now.
    """
    if entry.sha256 is None:
        return entry.body or b""
    return await blobs.read(entry.workspace_id, entry.sha256)


async def _settle(session: AsyncSession, entry: Quarantine, message_id: UUID) -> None:
    await session.execute(
        update(Quarantine)
        .where(Quarantine.workspace_id == entry.workspace_id, Quarantine.id == entry.id)
        .where(Quarantine.state == "held")
        .values(state="replayed", message_id=message_id, settled_at=func.now())
    )
