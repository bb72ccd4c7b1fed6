"""The tree of a mail's parts (RFC 2046), bounded in depth and number, in linear time."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from channels.email.headers import Headers, split_head
from channels.email.parameters import Parametrised
from channels.email.transfer import decode_transfer

MAX_DEPTH = 30
"""How deep multiparts nest; what lies deeper stays one undivided part."""

MAX_PARTS = 1_000
"""How many parts one multipart has; the last holds whatever follows."""

_TYPE = re.compile(r"[\w!#$&^.+-]{1,100}/[\w!#$&^.+-]{1,100}", re.ASCII)
_CHARSET = re.compile(rb"""(?i)charset[ \t]{0,9}=[ \t]{0,9}["']?([\w.:-]{1,40})""")
_FIRST_DELIMITER = re.compile(rb"(?:\A|\n)--([^\s-][^\r\n]{0,199}?)[ \t]*\r?\n")


@dataclass(frozen=True, slots=True)
class Part:
    """One node: its head, its body as transferred, and its children if it is a multipart."""

    headers: Headers
    content_type: Parametrised
    disposition: Parametrised
    body: bytes = field(repr=False)
    children: tuple["Part", ...] = ()

    @property
    def content(self) -> bytes:
        """The body with its transfer encoding undone."""
        return decode_transfer(self.body, self._encoding)

    @property
    def is_encoded(self) -> bool:
        """Whether the body is other than lines of text (RFC 2045 section 2)."""
        return self._encoding not in {"", "7bit", "8bit"}

    @property
    def _encoding(self) -> str:
        return self.headers.parametrised("content-transfer-encoding").value

    @property
    def filename(self) -> str | None:
        """The name that the part claims, decoded but not yet safe."""
        return self.disposition.parameters.get("filename") or self.content_type.parameters.get(
            "name"
        )


def parse_mime(raw: bytes) -> Part:
    """Read a mail as a tree of parts. Never raises: what cannot be divided stays whole."""
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    declared = None if raw.isascii() else _CHARSET.search(raw)
    charset = declared[1].decode("ascii", "replace") if declared else None
    return _part(raw.lstrip(b"\r\n"), "text/plain", charset, 0)


def _part(raw: bytes, default_type: str, charset: str | None, depth: int) -> Part:
    """Read one part; `charset` is the mail's, for heads that have raw 8-bit text."""
    headers, body = split_head(raw)
    headers = headers.in_utf8(charset)
    content_type = headers.parametrised("content-type")
    if not _TYPE.fullmatch(content_type.value):
        content_type = Parametrised(default_type, content_type.parameters)
    children: tuple[Part, ...] = ()
    if content_type.value.startswith("multipart/") and depth < MAX_DEPTH:
        default = "message/rfc822" if content_type.value == "multipart/digest" else "text/plain"
        boundary = content_type.parameters.get("boundary")
        children = tuple(
            _part(each, default, charset, depth + 1) for each in _sections(body, boundary)
        )
    return Part(headers, content_type, headers.parametrised("content-disposition"), body, children)


def _sections(body: bytes, boundary: str | None) -> Iterator[bytes]:
    """Yield the raw parts of a multipart; a missing or wrong boundary is read off the body."""
    marks = _delimiters(body, boundary.rstrip().encode()) if boundary else []
    if not marks and (first := _FIRST_DELIMITER.search(body)):
        marks = _delimiters(body, first[1])
    starts = [start for start, _, _ in marks]
    for (_, begin, is_closing), end in zip(marks, [*starts[1:], len(body)], strict=False):
        if not is_closing:
            yield _without_last_line_end(body[begin:end])


def _delimiters(body: bytes, boundary: bytes) -> list[tuple[int, int, bool]]:
    """Return start, end and whether it closes, of each delimiter line (RFC 2046 section 5.1.1).

    Parts may follow a closing one: where programs on the way have added some, or where a mail
    inside has the same boundary.
    """
    line = re.compile(rb"--" + re.escape(boundary[:200]) + rb"(--)?[ \t]*(?:\r?\n|\Z)")
    marks: list[tuple[int, int, bool]] = []
    for found in line.finditer(body):
        if found.start() and body[found.start() - 1] != 0x0A:
            continue
        marks.append((found.start(), found.end(), found[1] is not None))
        if len(marks) >= MAX_PARTS:
            break
    return marks


def _without_last_line_end(raw: bytes) -> bytes:
    """Return a section without the line end before the delimiter, which is the delimiter's."""
    return raw.removesuffix(b"\n").removesuffix(b"\r")
