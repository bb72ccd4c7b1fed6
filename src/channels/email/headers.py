"""The head of a mail or of one of its parts: fields in order, values as raw bytes."""

import re
from dataclasses import dataclass

from channels.email.charsets import decode
from channels.email.parameters import Parametrised, parse_parametrised
from channels.email.words import header_text

MAX_FIELDS = 2_000
"""How many header fields of one part are read; the rest of the head is passed over."""

_BLANK_LINE = re.compile(rb"(\A|\n)\r?\n")
_FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")


@dataclass(frozen=True, slots=True)
class Headers:
    """Header fields in order, names in lower case, values raw and still folded."""

    fields: tuple[tuple[str, bytes], ...] = ()

    def raw(self, name: str) -> bytes:
        """Return the first field called `name` (lower case), or nothing."""
        return next((value for field, value in self.fields if field == name), b"")

    def text(self, name: str) -> str:
        """Return the first field called `name` as decoded text."""
        return header_text(self.raw(name))

    def parametrised(self, name: str) -> Parametrised:
        """Return the first field called `name` as a value with parameters."""
        return parse_parametrised(self.raw(name))

    def in_utf8(self, charset: str | None) -> "Headers":
        """Return the same with raw 8-bit values, which are not allowed, out of a mail's charset."""
        if charset is None or all(value.isascii() for _, value in self.fields):
            return self
        return Headers(tuple((name, _in_utf8(value, charset)) for name, value in self.fields))

    def __contains__(self, name: object) -> bool:
        return any(field == name for field, _ in self.fields)


def _in_utf8(value: bytes, charset: str) -> bytes:
    return value if value.isascii() else decode(value, charset).encode("utf-8", "replace")


def split_head(raw: bytes) -> tuple[Headers, bytes]:
    """Split a part into its head and its body.

    The head ends at the first blank line. A part that does not begin like a head has none; where
    the blank line is missing, the body begins at the first line that is no header field.
    """
    blank = _BLANK_LINE.search(raw)
    head = raw[: blank.end(1)] if blank else raw
    fields, consumed = _fields(head, is_bounded=blank is not None)
    if consumed < len(head):
        return Headers(fields), raw[consumed:]
    return Headers(fields), raw[blank.end() :] if blank else b""


def _fields(head: bytes, *, is_bounded: bool) -> tuple[tuple[tuple[str, bytes], ...], int]:
    """Return the fields and where the head ends; junk between fields is passed over."""
    fields: list[tuple[str, list[bytes]]] = []
    position = 0
    for line in head.splitlines(keepends=True):
        found = _FIELD.match(line)
        if line[:1] in b" \t" and fields:
            fields[-1][1].append(line)
        elif found and len(fields) < MAX_FIELDS:
            fields.append((found[1].decode("ascii").lower(), [line[found.end() :]]))
        elif not found and not line.startswith(b"From ") and (not is_bounded or not fields):
            break
        position += len(line)
    return tuple((name, b"".join(lines)) for name, lines in fields), position
