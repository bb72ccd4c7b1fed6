"""Stored bytes as downloads: a browser saves them and never runs them."""

import re
from urllib.parse import quote

from fastapi import Response

from channels.sniffing import BINARY, media_type

__all__ = ["BINARY", "disposition", "download"]

SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
}

SHOWN = frozenset(
    {
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/webp",
        "image/avif",
        "audio/mpeg",
        "audio/wav",
        "audio/ogg",
        "audio/mp4",
        "video/mp4",
        "video/webm",
    }
)
"""Types that a browser may show; each has a signature, so that the bytes are what they say."""

_ACTIVE = re.compile(r"html|xml|svg|script|x-shockwave|multipart/|message/")
_RANGE = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})")
_PLAIN = re.compile(r"[^A-Za-z0-9._ -]+")


def download(
    content: bytes,
    filename: str,
    content_type: str,
    *,
    is_shown: bool = False,
    wanted: str | None = None,
) -> Response:
    """A file whose name a stranger chose (RFC 6266; RFC 8187 for the name).

    What a browser could run is called nothing in particular. With `is_shown`, pictures, sounds and
    films may be shown where they are; everything else is saved. `wanted` is a `Range` header: one
    range is answered (RFC 9110 section 14), anything else with the whole.
    """
    bare = media_type(content_type)
    harmless = bare if bare and not _ACTIVE.search(bare) else BINARY
    headers = {
        "Content-Disposition": disposition(filename, is_shown=is_shown and bare in SHOWN),
        "Content-Type": harmless,
        "Accept-Ranges": "bytes",
        **SAFE_HEADERS,
    }
    asked = _RANGE.fullmatch(wanted or "")
    if asked is None:
        return Response(content, headers=headers)
    begin, end = _bounds(asked, len(content))
    if begin >= end:
        headers["Content-Range"] = f"bytes */{len(content)}"
        return Response(status_code=416, headers=headers)
    headers["Content-Range"] = f"bytes {begin}-{end - 1}/{len(content)}"
    return Response(content[begin:end], 206, headers=headers)


def _bounds(asked: re.Match[str], size: int) -> tuple[int, int]:
    """Begin and end of a range; they meet where there is nothing between them."""
    first, last = asked[1], asked[2]
    if not first:
        return max(0, size - int(last)) if last else size, size
    return int(first), min(size, int(last) + 1) if last else size


def disposition(filename: str, *, is_shown: bool = False) -> str:
    plain = _PLAIN.sub("_", filename)[:200] or "file"
    kind = "inline" if is_shown else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(filename[:200], safe='')}"
