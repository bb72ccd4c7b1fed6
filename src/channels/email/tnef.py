"""Files inside `winmail.dat`, Outlook's own envelope ([MS-OXTNEF])."""

import struct
from collections.abc import Iterator

from channels.email.charsets import decode

MAX_FILES = 500
"""How many files of one envelope are read."""

_SIGNATURE = b"\x78\x9f\x3e\x22"
_ATTACHMENT_STARTS = 0x00069002
_ATTACHMENT_TITLE = 0x00018010
_ATTACHMENT_DATA = 0x0006800F
_ATTACHMENT_PROPERTIES = 0x00069005
_LONG_NAME = b"\x1e\x00\x07\x37\x01\x00\x00\x00"
_LONG_NAME_UNICODE = b"\x1f\x00\x07\x37\x01\x00\x00\x00"


def files_of(envelope: bytes) -> list[tuple[str, bytes]]:
    """Return name and content of each file, as many as can be read; none where it is no TNEF."""
    files: list[tuple[str, bytes]] = []
    name, content = "", None
    for attribute, data in _attributes(envelope):
        if attribute == _ATTACHMENT_STARTS:
            if content is not None:
                files.append((name, content))
            name, content = "", None
        elif attribute == _ATTACHMENT_TITLE:
            name = name or decode(data.rstrip(b"\0"))
        elif attribute == _ATTACHMENT_DATA:
            content = data
        elif attribute == _ATTACHMENT_PROPERTIES:
            name = _long_name(data) or name
        if len(files) >= MAX_FILES:
            return files
    return files if content is None else [*files, (name, content)]


def _attributes(envelope: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield id and data: after signature and key, each has a level, an id, a length, a checksum."""
    if not envelope.startswith(_SIGNATURE):
        return
    position = 6
    while position + 9 <= len(envelope):
        attribute, size = struct.unpack_from("<II", envelope, position + 1)
        position += 9
        if position + size > len(envelope):
            return
        yield attribute, envelope[position : position + size]
        position += size + 2


def _long_name(properties: bytes) -> str | None:
    """Return PidTagAttachLongFilename (0x3707), which follows its tag, a count and its length."""
    for tag, charset in ((_LONG_NAME_UNICODE, "utf-16-le"), (_LONG_NAME, None)):
        found = properties.find(tag)
        begin = found + len(tag) + 4
        if found >= 0 and begin <= len(properties):
            (size,) = struct.unpack_from("<I", properties, begin - 4)
            value = properties[begin : begin + min(size, 1_000)]
            return decode(value, charset).rstrip("\0") or None
    return None
