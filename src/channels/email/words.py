"""Header text: encoded words (RFC 2047) as they come, raw 8-bit included."""

import binascii
import re

from channels.email.charsets import decode, encode
from channels.email.transfer import from_base64

MAX_HEADER = 65_536
"""How much of one header field is read, in bytes."""

_WORD = re.compile(r"=\?([^?\s]{0,60})\?([bBqQ])\?([^?]*(?:\?(?!=)[^?]*){0,9})\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)\s+(?==\?)")
_FOLD = re.compile(rb"\r?\n[ \t]*|\r")


def unfold(raw: bytes) -> bytes:
    """Return a header's bytes on one line (RFC 5322 section 2.2.3)."""
    return _FOLD.sub(b" ", raw[:MAX_HEADER]).strip()


def header_text(raw: bytes) -> str:
    """Return a header's raw bytes as text with its encoded words decoded. Never raises."""
    return decode_words(decode(unfold(raw)))


def decode_words(text: str) -> str:
    """Return `text` with encoded words decoded; neighbours of one charset are joined as bytes.

    The join mends characters that mailers split between two words.
    """
    if "=?" not in text:
        return text
    text = _BETWEEN_WORDS.sub(r"\1", text)
    pieces: list[str] = []
    run: list[bytes] = []
    charset, end = "", 0
    for word in _WORD.finditer(text):
        if run and (word.start() > end or word[1].lower() != charset):
            pieces.append(decode(b"".join(run), charset))
            run = []
        pieces.append(text[end : word.start()])
        run.append(_word_bytes(word[1], word[2], word[3]))
        charset, end = word[1].lower(), word.end()
    if run:
        pieces.append(decode(b"".join(run), charset))
    return "".join(pieces) + text[end:]


def _word_bytes(charset: str, encoding: str, content: str) -> bytes:
    """Return the bytes of a word; raw 8-bit characters in it go back to the word's charset."""
    data = content.encode("ascii") if content.isascii() else encode(content, charset)
    if encoding in "bB":
        return from_base64(data)
    return binascii.a2b_qp(data, header=True)
