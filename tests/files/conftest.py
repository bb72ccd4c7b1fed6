import asyncio
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.files.object_store import ObjectStore, TestBucket


@pytest.fixture(scope="session")
def object_store() -> Iterator[ObjectStore]:
    with tempfile.TemporaryDirectory(prefix="sportello-s3-") as folder:
        store = ObjectStore(Path(folder))
        store.start()
        try:
            with ThreadPoolExecutor(1) as thread:  # a loop of its own, whoever asks first
                thread.submit(asyncio.run, store.wait()).result()
            yield store
        finally:
            store.stop()


@pytest.fixture
def bucket(object_store: ObjectStore) -> TestBucket:
    return object_store.bucket()
