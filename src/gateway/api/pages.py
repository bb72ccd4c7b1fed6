"""Lists in pages: keyset cursors, so that a page costs the same wherever it is."""

import base64
import binascii
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import orjson
from fastapi import Query
from pydantic import BaseModel, Field

from gateway.database.connections import to_json_bytes
from gateway.problems import Problem, invalid

Item = TypeVar("Item")
Key = TypeVar("Key")

Limit = Annotated[int, Query(ge=1, le=100, description="Items per page")]
Cursor = Annotated[
    str | None, Query(max_length=500, description="`next` of the page before", examples=[None])
]


class Page(BaseModel, Generic[Item]):
    """`next` leads to the following page; null on the last."""

    items: list[Item]
    next: str | None = Field(None, description="Pass as `cursor` for the following page")


def encode_cursor(*keys: Any) -> str:
    return base64.urlsafe_b64encode(to_json_bytes(keys)).decode().rstrip("=")


def decode_cursor(cursor: str, length: int) -> list[Any]:
    """The keys that `encode_cursor` was given, as JSON has them.

    Raises:
        Problem: 422, the cursor is not one of ours.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        keys = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        keys = None
    if not isinstance(keys, list) or len(keys) != length:
        raise _not_ours()
    return keys


def id_after(cursor: str) -> UUID:
    """The single id of a cursor.

    Raises:
        Problem: 422, the cursor is not one of ours.
    """
    [id_] = decode_cursor(cursor, 1)
    return _read(id_, UUID)


def number_after(cursor: str) -> int:
    """The single number of a cursor.

    Raises:
        Problem: 422, the cursor is not one of ours.
    """
    [number] = decode_cursor(cursor, 1)
    return _number(number, 2**63)


def moment_and_id_after(cursor: str) -> tuple[datetime, UUID]:
    """The moment and the id of a cursor.

    Raises:
        Problem: 422, the cursor is not one of ours.
    """
    moment, id_ = decode_cursor(cursor, 2)
    return _read(moment, _aware), _read(id_, UUID)


def case_after(cursor: str) -> tuple[datetime, UUID, int]:
    """The moment, the id and the number of a cursor.

    Raises:
        Problem: 422, the cursor is not one of ours.
    """
    moment, id_, number = decode_cursor(cursor, 3)
    return _read(moment, _aware), _read(id_, UUID), _number(number, 2**31)


def place_after(cursor: str) -> tuple[float, UUID, UUID]:
    """The rank and the two ids of a cursor.

    Raises:
        Problem: 422, the cursor is not one of ours.
    """
    rank, id_, newest = decode_cursor(cursor, 3)
    if not isinstance(rank, float):
        raise _not_ours()
    return rank, _read(id_, UUID), _read(newest, UUID)


def _number(key: Any, end: int) -> int:
    if not isinstance(key, int) or not 0 <= key < end:
        raise _not_ours()
    return key


def _read(key: Any, reader: Callable[[str], Key]) -> Key:
    try:
        return reader(key)
    except (AttributeError, TypeError, ValueError, OverflowError):
        raise _not_ours() from None


def _aware(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _not_ours() -> Problem:
    return invalid("the cursor is not one of ours", [("/cursor", "pass `next` as it was given")])
