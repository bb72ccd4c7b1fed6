"""Where a message matches what was asked: pieces of text, of which some are what was found.

PostgreSQL marks what it finds in a text (`ts_headline`). The marks are characters for private use,
which are taken out of the text first, and become the borders of pieces: what customers write is
never markup, and never taken for it.
"""

import re
from collections.abc import Iterator
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, func

from channels.records import record

BEGIN: Final = "\ue000"
END: Final = "\ue001"
BREAK: Final = "\ue002"
OPTIONS: Final = (
    f"StartSel={BEGIN}, StopSel={END}, FragmentDelimiter={BREAK},"
    " MaxFragments=2, MaxWords=24, MinWords=8"
)
LOOKED_AT: Final = 20_000
"""Characters of a text: highlighting costs more than finding."""

MARKED = re.compile(f"{BEGIN}([^{END}]*){END}")


@record
class Piece:
    """Some text in its order; `is_hit` where it is what was asked for."""

    text: str
    is_hit: bool


@record
class Highlight:
    """A passage of the message's subject or text."""

    field: Literal["subject", "text"]
    pieces: list[Piece]


def marked(
    configuration: ColumnElement[Any], text: ColumnElement[Any], asked: ColumnElement[Any]
) -> ColumnElement[Any]:
    """The passages of a text that match, or its beginning, as `highlights_of` reads them."""
    clean = func.translate(func.left(text, LOOKED_AT), BEGIN + END + BREAK, "")
    return func.ts_headline(configuration, clean, asked, OPTIONS)


def highlights_of(row: Any) -> list[Highlight]:
    """Those of a row that has `subject` and `text`, as `marked` gives them."""
    fields: tuple[Literal["subject", "text"], ...] = ("subject", "text")
    return [
        Highlight(field=field, pieces=list(_pieces(passage)))
        for field in fields
        for passage in getattr(row, field).split(BREAK)
        if BEGIN in passage
    ]


def _pieces(passage: str) -> Iterator[Piece]:
    for n, text in enumerate(MARKED.split(passage)):
        if text:
            yield Piece(text=text, is_hit=n % 2 == 1)
