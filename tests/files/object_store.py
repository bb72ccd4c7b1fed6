"""A real S3-compatible store: SeaweedFS's own server, which checks signatures."""

import asyncio
import json
import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store
from pydantic import SecretStr

from gateway.files.bucket import Bucket, bucket_of
from gateway.settings import Settings

ACCESS_KEY, SECRET_KEY = "sportello", "s3-secret"
IDENTITIES = {
    "identities": [
        {
            "name": "tests",
            "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
            "actions": ["Admin", "Read", "Write", "List"],
        }
    ]
}
STARTS_WITHIN_S = 60


def free_ports(number: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    try:
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


class ObjectStore:
    """The server, as a process of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.endpoint = ""

    def start(self) -> None:
        names = ["master", "volume", "filer", "s3"]
        ports = dict(zip([*names, *(f"{n}.grpc" for n in names)], free_ports(8), strict=True))
        flags = [
            f"-{name.partition('.')[0]}.port{'.grpc' if '.' in name else ''}={port}"
            for name, port in ports.items()
        ]
        config = self._folder / "identities.json"
        config.write_text(json.dumps(IDENTITIES))
        flags += ["-filer", "-s3", f"-s3.config={config}", f"-dir={self._folder}"]
        flags += ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-volume.max=1000"]
        flags += ["-master.telemetry=false", "-master.volumeSizeLimitMB=64", "-s3.port.iceberg=0"]
        flags += ["-s3.port.lance=0"]
        flags += [f"-{part}.localSocket={self._folder / part}.sock" for part in ("filer", "s3")]
        weed = Path(sys.executable).with_name("weed")
        with (self._folder / "log").open("wb") as output:
            self._process = subprocess.Popen(
                [weed, "server", *flags],
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self._folder,
                env={"HOME": str(self._folder), "PATH": os.environ["PATH"]},
            )
        self.endpoint = f"http://127.0.0.1:{ports['s3']}"

    async def wait(self) -> None:
        async with asyncio.timeout(STARTS_WITHIN_S):
            while not await self._answers():  # noqa: ASYNC110 - another process's readiness
                await asyncio.sleep(0.2)

    async def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self._folder / "log").read_text()[-2_000:]
        bucket = self.bucket()
        try:
            await obstore.put_async(bucket.store, "probe", b"x", use_multipart=False)
        except BaseError:
            return False
        return True

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()  # it would wait for its clients
            self._process.wait()

    def bucket(self, **settings: object) -> "TestBucket":
        """An empty bucket of a new name."""
        name = f"t{uuid4().hex}"
        store = S3Store(
            name,
            endpoint=self.endpoint,
            region="us-east-1",
            access_key_id=ACCESS_KEY,
            secret_access_key=SECRET_KEY,
            client_options={"allow_http": True},
            retry_config={"max_retries": 0},
        )
        told = {
            "s3_bucket": name,
            "s3_endpoint": self.endpoint,
            "s3_access_key": SecretStr(ACCESS_KEY),
            "s3_secret_key": SecretStr(SECRET_KEY),
            **settings,
        }
        return TestBucket(store, told)


@dataclass
class TestBucket:
    """A bucket as the gateway sees it, by `settings`, and behind its back, by `store`."""

    __test__ = False

    store: S3Store
    settings: dict[str, object]

    def opened(self) -> Bucket:
        bucket = bucket_of(Settings(_env_file=None, **self.settings))  # type: ignore[arg-type]
        assert bucket is not None
        return bucket

    async def keys(self) -> list[str]:
        return [entry["path"] for page in obstore.list(self.store) for entry in page]

    async def contents(self) -> list[bytes]:
        results = [await obstore.get_async(self.store, key) for key in await self.keys()]
        return sorted([bytes(await result.bytes_async()) for result in results])
