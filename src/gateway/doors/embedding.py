"""The scripts that other people's pages embed, and their style: files served as they are."""

import gzip
import hashlib
from pathlib import Path

from channels.records import record
from gateway.doors.exchange import Exchange

PREFIX = "/embed/"
MEDIA_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Cache-Control": "public, max-age=600, stale-while-revalidate=86400",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Vary": "Accept-Encoding",
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
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "web"


def read_assets(folder: Path) -> dict[str, Asset]:
    """By file name."""
    return {
        path.name: _asset(path) for path in sorted(folder.iterdir()) if path.suffix in MEDIA_TYPES
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
        headers = {**HEADERS, "ETag": asset.etag}
        if asset.etag in (exchange.header("if-none-match") or ""):
            await exchange.answer(304, b"", "", headers)
        elif "gzip" in (exchange.header("accept-encoding") or ""):
            headers["Content-Encoding"] = "gzip"
            await exchange.answer(200, asset.compressed, asset.media_type, headers)
        else:
            await exchange.answer(200, asset.content, asset.media_type, headers)
