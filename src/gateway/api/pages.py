"""Lists in pages: keyset cursors, so that a page costs the same wherever it is."""

import base64
import binascii
from typing import Annotated, Any, Generic, TypeVar

import orjson
from fastapi import Query
from pydantic import BaseModel, Field

from gateway.database.connections import to_json_bytes
from gateway.problems import invalid

Item = TypeVar("Item")

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
        raise invalid("the cursor is not one of ours", [("/cursor", "pass `next` as it was given")])
    return keys
