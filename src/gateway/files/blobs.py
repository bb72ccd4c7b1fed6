"""Bytes kept once by their content, in the database or in a bucket, and read from either.

An object in the bucket bears a name that is used once. The name is noted as spare before anything
is put there, until a row of `blob` refers to it, and again by the transaction that deletes that
row. Whatever happens in between, what nobody refers to is deleted in the end, and what somebody
refers to never is.
"""

import asyncio
import hashlib
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.database.connections import Database
from gateway.database.schema import Blob, SpareObject
from gateway.files.bucket import Bucket, StoreUnavailable
from gateway.ids import new_id

OBJECTS = 500
"""How many objects are deleted at once."""

SPARE_KEPT = timedelta(days=1)
"""How long an object may wait for the row that refers to it."""

log = structlog.get_logger(__name__)


class BlobStore:
    """Keeps what is given in the bucket, or in the database where there is none."""

    def __init__(self, database: Database, bucket: Bucket | None = None) -> None:
        self._database = database
        self._bucket = bucket

    async def keep(
        self, workspace_id: int, files: Iterable[bytes], raw: Iterable[bytes] = ()
    ) -> None:
        """Store files, which may bring viruses, and raw payloads, which nobody opens.

        What no row refers to a day later is left to the retention job.

        Raises:
            StoreUnavailable: not everything is stored; the same may be given again.
        """
        scans: dict[bytes, str | None] = {}
        contents = {sha256(each): each for each in raw}
        scans |= dict.fromkeys(contents)
        contents |= (unscanned := {sha256(each): each for each in files})
        scans |= dict.fromkeys(unscanned, "unscanned")
        if self._bucket is None:
            async with self._database.transaction() as session:
                await _refer(session, workspace_id, scans, "content", contents)
        else:
            await self._keep_outside(self._bucket, workspace_id, contents, scans)

    async def _keep_outside(
        self,
        bucket: Bucket,
        workspace_id: int,
        contents: Mapping[bytes, bytes],
        scans: Mapping[bytes, str | None],
    ) -> None:
        """Put what is new into the bucket, then refer to it; what is known becomes young again."""
        async with self._database.transaction() as session:
            known = await _rejuvenate(session, workspace_id, scans)
            keys = {
                digest: f"{workspace_id}/{digest.hex()}/{new_id()}"
                for digest in contents
                if digest not in known
            }
            if not keys:
                return
            await _note_spare(session, workspace_id, keys.values())
        await asyncio.gather(*(bucket.put(key, contents[digest]) for digest, key in keys.items()))
        async with self._database.transaction() as session:
            await _refer(session, workspace_id, scans, "object_key", keys)
            used = select(Blob.object_key).where(
                Blob.workspace_id == workspace_id, Blob.sha256.in_(keys)
            )
            await session.execute(
                delete(SpareObject)
                .where(SpareObject.workspace_id == workspace_id)
                .where(SpareObject.key.in_(keys.values()), SpareObject.key.in_(used))
            )

    async def read(self, workspace_id: int, digest: bytes) -> bytes:
        """The bytes of a digest that a row refers to.

        Raises:
            StoreUnavailable: they cannot be had now; or that row went meanwhile.
        """
        statement = select(Blob.content, Blob.object_key).where(
            Blob.workspace_id == workspace_id, Blob.sha256 == digest
        )
        async with self._database.transaction() as session:
            row = (await session.execute(statement)).one_or_none()
        if row is None:
            raise StoreUnavailable("the file has just been deleted")
        if row.object_key is None:
            content: bytes = row.content
            return content
        if self._bucket is None:
            raise StoreUnavailable("the file lies in a bucket: set SPORTELLO_S3_BUCKET again")
        return await self._bucket.get(row.object_key)

    async def delete_spare(self) -> int:
        """Delete the objects that nothing refers to and that are due; how many they were."""
        total = 0
        while keys := await self._spare():
            if self._bucket is None:
                log.warning("files.bucket_missing", objects=len(keys))
                return total
            await self._bucket.delete([key for _, key in keys])
            async with self._database.transaction() as session:
                await session.execute(
                    delete(SpareObject).where(SpareObject.key.in_([key for _, key in keys]))
                )
            total += len(keys)
        return total

    async def _spare(self) -> list[tuple[int, str]]:
        statement = (
            select(SpareObject.workspace_id, SpareObject.key)
            .where(SpareObject.due_at < func.now())
            .limit(OBJECTS)
        )
        async with self._database.transaction() as session:
            return [(row.workspace_id, row.key) for row in await session.execute(statement)]


def sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


async def _refer(
    session: AsyncSession,
    workspace_id: int,
    scans: Mapping[bytes, str | None],
    place: str,
    places: Mapping[bytes, Any],
) -> None:
    """Make a row for each digest, in their order; one that is there stays where its bytes are."""
    statement = insert(Blob)
    statement = statement.on_conflict_do_update(
        index_elements=[Blob.workspace_id, Blob.sha256],
        set_={
            "created_at": func.now(),  # young again: the retention job must wait anew
            "scan": func.coalesce(Blob.scan, statement.excluded.scan),
        },
    )
    rows = [
        {"workspace_id": workspace_id, "sha256": digest, "scan": scans[digest], place: where}
        for digest, where in sorted(places.items())
    ]
    await session.execute(statement, rows)


async def _rejuvenate(
    session: AsyncSession, workspace_id: int, scans: Mapping[bytes, str | None]
) -> set[bytes]:
    """Have the retention job wait anew for what is there; its digests, locked in their order."""
    mine = (Blob.workspace_id == workspace_id, Blob.sha256.in_(scans))
    locked = select(Blob.sha256).where(*mine).order_by(Blob.sha256).with_for_update()
    known = set(await session.scalars(locked))
    opened = [digest for digest in known if scans[digest] is not None]
    young = update(Blob).where(Blob.workspace_id == workspace_id)
    await session.execute(
        young.where(Blob.sha256.in_(known))
        .values(created_at=func.now())
        .execution_options(synchronize_session=False)
    )
    await session.execute(
        young.where(Blob.sha256.in_(opened), Blob.scan.is_(None))
        .values(scan="unscanned")
        .execution_options(synchronize_session=False)
    )
    return known


async def _note_spare(session: AsyncSession, workspace_id: int, keys: Iterable[str]) -> None:
    due_at = func.now() + SPARE_KEPT
    rows = [{"workspace_id": workspace_id, "key": key, "due_at": due_at} for key in keys]
    await session.execute(insert(SpareObject).values(rows))
