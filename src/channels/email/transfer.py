"""Content transfer encodings (RFC 2045 section 6), read as far as they can be read."""

import binascii
import re

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_BASE64 = bytes(set(range(256)) - set(_BASE64 + b"="))
_UU_BEGIN = re.compile(rb"begin [0-7]{3,4} ([^\r\n]{1,255})")
_PADDING = re.compile(b"=+")


def decode_transfer(data: bytes, encoding: str) -> bytes:
    """Return the content of a part whose transfer encoding is `encoding`. Never raises.

    Unknown encodings leave the content as it is.
    """
    match encoding:
        case "base64":
            return from_base64(data)
        case "quoted-printable":
            return binascii.a2b_qp(data)
        case "uuencode" | "x-uuencode" | "x-uue" | "uue":
            return from_uuencode(data)
        case _:
            return data


def from_base64(data: bytes) -> bytes:
    """Decode base64 with foreign characters, missing padding or several runs in a row."""
    alphabet = data.translate(None, _NOT_BASE64)
    return b"".join(_run(run) for run in _PADDING.split(alphabet))


def _run(run: bytes) -> bytes:
    whole = run[: len(run) - 1] if len(run) % 4 == 1 else run
    return binascii.a2b_base64(whole + b"=" * (-len(whole) % 4))


def from_uuencode(data: bytes) -> bytes:
    """Decode uuencoded lines between `begin` and `end`."""
    files = split_uuencoded(data)[1]
    if files:
        return b"".join(content for _, content in files)
    return b"".join(_uu_line(line) or b"" for line in data.splitlines())


def split_uuencoded(data: bytes) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """Return text without the files that stand uuencoded in it, and these by name and content.

    A `begin` that no `end` follows, after nothing but encoded lines, is text (POSIX, uuencode).
    """
    text: list[bytes] = []
    files: list[tuple[bytes, bytes]] = []
    name: bytes | None = None
    kept: list[bytes] = []
    content: list[bytes] = []
    for line in data.splitlines(keepends=True):
        begin = _UU_BEGIN.match(line)
        decoded = None if begin or name is None else _uu_line(line.rstrip(b"\r\n"))
        if name is not None and line.strip() == b"end":
            files.append((name, b"".join(content)))
            name, kept, content = None, [], []
        elif decoded is not None:
            kept.append(line)
            content.append(decoded)
        else:
            text += kept
            name = begin[1].strip() if begin else None
            kept, content = ([line], []) if begin else ([], [])
            if not begin:
                text.append(line)
    return b"".join(text + kept), files


def _uu_line(line: bytes) -> bytes | None:
    """Decode one line; None where it is not an encoded one. Trailing blanks may be lost."""
    if not line or not 0x20 <= line[0] <= 0x60:
        return b"" if not line.strip() else None
    size = (line[0] - 0x20) & 0x3F
    encoded = -(-size // 3) * 4
    if not encoded - 4 <= len(line.rstrip()) - 1 <= encoded + 2:
        return None
    try:
        return binascii.a2b_uu(line[: encoded + 1])
    except binascii.Error:
        return None
