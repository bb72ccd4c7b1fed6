"""HTML of any quality as events, in linear time: what both text and display are made from.

Events, since libxml2 takes quadratic time to build an element with many attributes, and to close
elements that are nested without end.
"""

from collections.abc import Mapping
from typing import Protocol

import lxml.etree
import lxml.html

MAX_DEPTH = 500
"""How deep elements nest; deeper markup is not read as such."""

_PIECE = 16_384  # the parser hears of an exception at the end of a piece, not before


class UnreadableMarkup(ValueError):  # noqa: N818 - says what, as the refusals do
    """The markup nests too deeply, or is none."""


class Reader(Protocol):
    """Takes the events in the order of the document, balanced; names are in lower case."""

    def start(self, tag: str, attributes: Mapping[str, str]) -> None: ...

    def end(self, tag: str) -> None: ...

    def data(self, text: str) -> None: ...


class _Target:
    """What lxml calls: passes on, and counts."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._depth = 0
        self.data = reader.data

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise UnreadableMarkup(f"elements nest deeper than {MAX_DEPTH}")
        self._reader.start(tag, attributes)

    def end(self, tag: str) -> None:
        self._depth -= 1
        self._reader.end(tag)

    def close(self) -> None:
        """Lxml asks for the result; the reader has it."""


def read_markup(markup: str, reader: Reader) -> None:
    """Tell a reader what the markup holds, without comments and processing instructions.

    Raises:
        UnreadableMarkup: the reader has got a part of it only.
    """
    parser = lxml.html.HTMLParser(target=_Target(reader), encoding="utf-8", huge_tree=True)
    data = markup.encode("utf-8", "replace")
    try:
        for position in range(0, len(data), _PIECE):
            parser.feed(data[position : position + _PIECE])
        parser.close()
    except (lxml.etree.LxmlError, AssertionError) as error:
        raise UnreadableMarkup(str(error)) from error
