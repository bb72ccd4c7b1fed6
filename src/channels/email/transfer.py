"""Content transfer encodings (RFC 2045 section 6), read as far as they can be read."""

import binascii
import re

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_BASE64 = bytes(set(range(256)) - set(_BASE64 + b"="))
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
    decoded: list[bytes] = []
    for line in data.splitlines():
        if line.startswith(b"begin "):
            continue
        if line.strip() == b"end":
            break
        decoded.append(_uu_line(line))
    return b"".join(decoded)


def _uu_line(line: bytes) -> bytes:
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        return b""
