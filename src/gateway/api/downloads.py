"""Stored bytes as downloads: a browser saves them and never runs them."""

import re
from urllib.parse import quote

from fastapi import Response

BINARY = "application/octet-stream"
SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, no-store",
}

_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,99}/[a-z0-9][a-z0-9!#$&^_.+-]{0,99}")
_PLAIN = re.compile(r"[^A-Za-z0-9._ -]+")


def download(content: bytes, filename: str, content_type: str) -> Response:
    """A file whose name and type a stranger chose (RFC 6266; RFC 8187 for the name)."""
    bare = content_type.partition(";")[0].strip().lower()
    headers = {"Content-Disposition": disposition(filename), **SAFE_HEADERS}
    media_type = bare if _MEDIA_TYPE.fullmatch(bare) else BINARY
    return Response(content, headers={**headers, "Content-Type": media_type})


def disposition(filename: str) -> str:
    plain = _PLAIN.sub("_", filename)[:200] or "file"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename[:200], safe='')}"
