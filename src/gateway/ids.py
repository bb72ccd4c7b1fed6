"""Row ids: UUIDv7 (RFC 9562), so that new rows land at the end of every index."""

from datetime import datetime
from uuid import UUID

from asyncpg.pgproto import pgproto
from uuid_utils import uuid7


def new_id() -> UUID:
    """A new id, of the class that asyncpg reads and writes fastest."""
    return pgproto.UUID(uuid7().bytes)


def parse_id(text: str) -> UUID:
    """The id that `str` wrote, as `new_id` makes them."""
    return pgproto.UUID(text)


def first_id_at(moment: datetime) -> UUID:
    """The smallest id that could have been made at `moment`: ids below it are older."""
    milliseconds = int(moment.timestamp() * 1000)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | 0x2 << 62)
