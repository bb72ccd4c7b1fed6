"""Objects in an S3-compatible store, signed and repeated by `obstore`."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import obstore
import structlog
from obstore.exceptions import BaseError
from obstore.store import S3Store

from channels.text import one_line
from gateway.settings import Settings

CONNECT_TIMEOUT_S = 5
REQUEST_TIMEOUT_S = 60
RETRIES = 3
RETRY_TIMEOUT_S = 20

log = structlog.get_logger(__name__)


class StoreUnavailable(Exception):  # noqa: N818 - says what is the case
    """The store of files did not do what was asked; later it may."""


class Bucket:
    """One bucket. Every method raises StoreUnavailable, after some repetitions."""

    def __init__(self, store: S3Store) -> None:
        self._store = store

    async def put(self, key: str, content: bytes) -> None:
        async with _told("put"):
            await obstore.put_async(self._store, key, content, use_multipart=False)

    async def get(self, key: str) -> bytes:
        async with _told("get"):
            result = await obstore.get_async(self._store, key)
            return bytes(await result.bytes_async())

    async def delete(self, keys: Sequence[str]) -> None:
        """Delete objects, whether or not they are there."""
        async with _told("delete"):
            await obstore.delete_async(self._store, keys)


def bucket_of(settings: Settings) -> Bucket | None:
    """The bucket that the settings name, if any; nothing is asked of it yet.

    Without an endpoint it is Amazon's; without keys they are sought where Amazon's tools do.
    """
    if settings.s3_bucket is None:
        return None
    given: dict[str, Any] = {
        "endpoint": settings.s3_endpoint,
        "access_key_id": _revealed(settings.s3_access_key),
        "secret_access_key": _revealed(settings.s3_secret_key),
    }
    store = S3Store(
        settings.s3_bucket,
        region=settings.s3_region,
        virtual_hosted_style_request=not settings.s3_path_style,
        client_options={
            "allow_http": (settings.s3_endpoint or "").startswith("http://"),
            "connect_timeout": timedelta(seconds=CONNECT_TIMEOUT_S),
            "timeout": timedelta(seconds=REQUEST_TIMEOUT_S),
        },
        retry_config={
            "max_retries": RETRIES,
            "retry_timeout": timedelta(seconds=RETRY_TIMEOUT_S),
        },
        **{name: value for name, value in given.items() if value is not None},
    )
    return Bucket(store)


def _revealed(secret: Any) -> str | None:
    return None if secret is None else secret.get_secret_value()


@asynccontextmanager
async def _told(operation: str) -> AsyncIterator[None]:
    try:
        yield
    except (BaseError, OSError) as error:
        reason = one_line(str(error).partition("\n")[0], 300)
        log.warning(
            "files.store_failed", operation=operation, error=type(error).__name__, reason=reason
        )
        raise StoreUnavailable(f"the store of files failed to {operation}") from error
