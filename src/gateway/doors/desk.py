"""The desk, where agents work: a page of its own at `/desk`, built from `web/desk`."""

from pathlib import Path

from starlette.types import Receive, Scope, Send

from gateway.doors.embedding import answer_asset, read_assets
from gateway.doors.exchange import Exchange

ROOT = "/desk"
PREFIX = f"{ROOT}/"
PAGE = "index.html"
HASHED = "assets/"
BUILT = Path(__file__).parents[1] / "desk"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
"""Styles in attributes are those of mails, which are shown in frames that run nothing."""

HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
ASK_AGAIN = {"Cache-Control": "no-cache"}
NOT_BUILT = (
    b"The desk is not built in this installation. In a checkout, run `make desk` (it needs the "
    b"network once), then start the gateway again.\n"
)
TEXT = "text/plain; charset=utf-8"


class DeskPages:
    """An ASGI application. Whatever names no file is an address within the page."""

    def __init__(self, folder: Path = BUILT) -> None:
        self._assets = read_assets(folder)

    @staticmethod
    def answers(path: str) -> bool:
        return path == ROOT or path.startswith(PREFIX)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = Exchange(scope, receive, send)
        name = exchange.path.removeprefix(PREFIX)
        is_hashed = name.startswith(HASHED)
        asset = self._assets.get(name if is_hashed else PAGE)
        if exchange.method not in {"GET", "HEAD"}:
            await exchange.answer(405, b"", "", {"Allow": "GET, HEAD"})
        elif PAGE not in self._assets:
            await exchange.answer(503, NOT_BUILT, TEXT, {**HEADERS, "Cache-Control": "no-store"})
        elif asset is None:
            await exchange.answer(404, b"", "", {**HEADERS, "Cache-Control": "no-store"})
        else:
            await answer_asset(
                exchange,
                self._assets.get(name, asset),
                {**HEADERS, **(FOREVER if is_hashed else ASK_AGAIN)},
            )
