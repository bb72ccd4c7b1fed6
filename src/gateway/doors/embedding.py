"""Files that are served as they are: the scripts that other people's pages embed, their style."""

import gzip
import hashlib
from collections.abc import Mapping
from pathlib import Path

from channels.records import record
from gateway.doors.exchange import Exchange

PREFIX = "/embed/"
MEDIA_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".svg": "image/svg+xml",
}
HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Cache-Control": "public, max-age=600, stale-while-revalidate=86400",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}
"""The URLs are stable, so browsers ask again every ten minutes, and hear 304 until a release."""


@record
class Asset:
    content: bytes
    compressed: bytes
    media_type: str
    etag: str


def web_folder() -> Path:
    """The browser sources: inside the package when installed, at the root in a checkout."""
    packaged = Path(__file__).parents[1] / "web"
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "web" / "embed"


def read_assets(folder: Path) -> dict[str, Asset]:
    """By path below the folder; none where there is no folder."""
    return {
        path.relative_to(folder).as_posix(): _asset(path)
        for path in sorted(folder.rglob("*"))
        if path.suffix in MEDIA_TYPES
    }


def _asset(path: Path) -> Asset:
    content = path.read_bytes()
    return Asset(
        content=content,
        compressed=gzip.compress(content, 9, mtime=0),
        media_type=MEDIA_TYPES[path.suffix],
        etag=f'"{hashlib.sha256(content).hexdigest()[:32]}"',
    )


class Assets:
    def __init__(self) -> None:
        self._assets = read_assets(web_folder())

    async def serve(self, exchange: Exchange) -> None:
        asset = self._assets.get(exchange.path.removeprefix(PREFIX))
        if asset is None or exchange.method not in {"GET", "HEAD"}:
            status = 404 if asset is None else 405
            await exchange.answer(status, b"", "", {"Allow": "GET, HEAD"} if asset else {})
            return
        await answer_asset(exchange, asset, HEADERS)


async def answer_asset(exchange: Exchange, asset: Asset, headers: Mapping[str, str]) -> None:
    """Answer with a file, compressed for those who can read that, or with 304 (RFC 9110)."""
    fields = {**headers, "ETag": asset.etag, "Vary": "Accept-Encoding"}
    if asset.etag in (exchange.header("if-none-match") or ""):
        await exchange.answer(304, b"", "", fields)
    elif "gzip" in (exchange.header("accept-encoding") or ""):
        fields["Content-Encoding"] = "gzip"
        await exchange.answer(200, asset.compressed, asset.media_type, fields)
    else:
        await exchange.answer(200, asset.content, asset.media_type, fields)
