"""The store of bytes, on a real database and a real S3-compatible server."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import text
from tests.files.object_store import ObjectStore, TestBucket

from gateway.database.connections import Database
from gateway.files.blobs import BlobStore, sha256
from gateway.files.bucket import Bucket, StoreUnavailable

A, B = b"first", b"second"


class Gated(Bucket):
    """A bucket whose objects arrive when they may, or never."""

    def __init__(self, bucket: Bucket) -> None:
        super().__init__(bucket._store)
        self.may_put = asyncio.Event()
        self.is_asked = asyncio.Event()

    async def put(self, key: str, content: bytes) -> None:
        self.is_asked.set()
        await self.may_put.wait()
        await super().put(key, content)


async def rows(database: Database, statement: str) -> list[tuple[object, ...]]:
    async with database.transaction() as session:
        return [tuple(row) for row in await session.execute(text(statement))]


@pytest.fixture(params=["database", "bucket"])
async def blobs(request: pytest.FixtureRequest, database: Database) -> BlobStore:
    outside = None
    if request.param == "bucket":
        outside = request.getfixturevalue("bucket").opened()
    return BlobStore(database, outside)


async def test_what_is_kept_is_read_and_kept_once(blobs: BlobStore, database: Database) -> None:
    await blobs.keep(1, [A, B, A], [b"raw"])
    await blobs.keep(1, [A])
    for content in (A, B, b"raw"):
        assert await blobs.read(1, sha256(content)) == content
    assert len(await rows(database, "SELECT 1 FROM blob")) == 3
    assert await rows(database, "SELECT 1 FROM spare_object") == []
    with pytest.raises(StoreUnavailable):
        await blobs.read(2, sha256(A))


async def test_files_are_to_be_scanned_and_raw_payloads_are_not(
    blobs: BlobStore, database: Database
) -> None:
    await blobs.keep(1, [A], [B])
    statement = "SELECT scan FROM blob ORDER BY scan NULLS LAST"
    assert await rows(database, statement) == [("unscanned",), (None,)]
    await rows(database, "UPDATE blob SET scan = 'clean' WHERE scan IS NOT NULL RETURNING 1")
    await blobs.keep(1, [B], [A])
    assert await rows(database, statement) == [("clean",), ("unscanned",)]


async def test_what_is_known_becomes_young_again(blobs: BlobStore, database: Database) -> None:
    await blobs.keep(1, [A])
    await rows(database, "UPDATE blob SET created_at = now() - interval '9 days' RETURNING 1")
    await blobs.keep(1, [A, B])
    assert (
        await rows(database, "SELECT 1 FROM blob WHERE created_at < now() - interval '1 hour'")
        == []
    )


async def test_many_at_once_do_not_lock_each_other_out(blobs: BlobStore) -> None:
    contents = [f"{index}".encode() for index in range(20)]
    await asyncio.gather(*(blobs.keep(1, contents[:: (-1) ** n]) for n in range(8)))
    assert await blobs.read(1, sha256(contents[7])) == contents[7]


async def test_a_bucket_has_the_bytes_and_the_database_has_not(
    database: Database, bucket: TestBucket
) -> None:
    await BlobStore(database, bucket.opened()).keep(1, [A], [B])
    assert await bucket.contents() == [A, B]
    assert await rows(database, "SELECT content FROM blob") == [(None,), (None,)]


async def test_bytes_stay_readable_where_they_are_when_the_setting_changes(
    database: Database, bucket: TestBucket
) -> None:
    inside, outside = BlobStore(database), BlobStore(database, bucket.opened())
    await inside.keep(1, [A])
    await outside.keep(1, [A, B])
    assert await bucket.contents() == [B]
    assert await outside.read(1, sha256(A)) == A
    with pytest.raises(StoreUnavailable, match="SPORTELLO_S3_BUCKET"):
        await inside.read(1, sha256(B))


async def test_the_row_comes_after_the_bytes(database: Database, bucket: TestBucket) -> None:
    gated = Gated(bucket.opened())
    keeping = asyncio.create_task(BlobStore(database, gated).keep(1, [A]))
    await gated.is_asked.wait()
    assert await rows(database, "SELECT 1 FROM blob") == []
    [[key]] = await rows(database, "SELECT key FROM spare_object")
    gated.may_put.set()
    await keeping
    assert await rows(database, "SELECT object_key FROM blob") == [(key,)]
    assert await rows(database, "SELECT 1 FROM spare_object") == []


async def test_what_was_put_by_a_process_that_died_goes_in_time(
    database: Database, bucket: TestBucket
) -> None:
    gated = Gated(bucket.opened())
    keeping = asyncio.create_task(BlobStore(database, gated).keep(1, [A]))
    await gated.is_asked.wait()
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    [[key]] = await rows(database, "SELECT key FROM spare_object")
    await bucket.opened().put(str(key), A)
    blobs = BlobStore(database, bucket.opened())
    assert await blobs.delete_spare() == 0
    await rows(database, "UPDATE spare_object SET due_at = now() - interval '1 s' RETURNING 1")
    assert await blobs.delete_spare() == 1
    assert await bucket.keys() == []
    assert await rows(database, "SELECT 1 FROM spare_object") == []


async def test_of_two_that_bring_the_same_one_object_is_spare(
    database: Database, bucket: TestBucket
) -> None:
    gates = [Gated(bucket.opened()) for _ in range(2)]
    keeping = [asyncio.create_task(BlobStore(database, each).keep(1, [A])) for each in gates]
    for gate in gates:
        await gate.is_asked.wait()
        gate.may_put.set()
    await asyncio.gather(*keeping)
    assert len(await bucket.keys()) == 2
    await rows(database, "UPDATE spare_object SET due_at = now() - interval '1 s' RETURNING 1")
    blobs = BlobStore(database, bucket.opened())
    assert await blobs.delete_spare() == 1
    assert await blobs.read(1, sha256(A)) == A


async def test_a_store_that_refuses_is_unavailable_and_leaves_no_row(
    object_store: ObjectStore, database: Database
) -> None:
    wrong = object_store.bucket(s3_secret_key="wrong").opened()
    away = object_store.bucket(s3_endpoint="http://127.0.0.1:1").opened()
    for bucket in (wrong, away):
        with pytest.raises(StoreUnavailable):
            await BlobStore(database, bucket).keep(1, [uuid4().bytes])
    assert await rows(database, "SELECT 1 FROM blob") == []
    with pytest.raises(StoreUnavailable):
        await object_store.bucket().opened().get("nothing")
