"""Somebody else's website: a page of another origin under a strict content security policy."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request
from tests.house import House

WIDTHS = {"narrow": 360, "wide": 1100}
AXE = "axe_core_python"
SERIOUS = {"serious", "critical"}
EXPECTED = ("status of 4", "status of 5", "ERR_", "WebSocket")
"""Of what the console says: refusals and lost connections that a test brings about."""


@dataclass
class Website:
    """Opens pages that embed the gateway's scripts, and watches what these do."""

    house: House
    browser: Browser
    shots: Path
    url: str = ""
    html: str = ""
    contexts: list[BrowserContext] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def policy(self) -> str:
        gateway = self.house.url
        socket = gateway.replace("http", "ws")
        return (
            f"default-src 'none'; script-src {gateway}; style-src {gateway}; "
            f"connect-src {gateway} {socket}; base-uri 'none'"
        )

    def embed(self, script: str, kind: str, *, language: str = "en", attributes: str = "") -> None:
        """Let the page hold one of our scripts for the team's channel of a kind."""
        source = f"{self.house.url}/embed/{script}"
        key = self.house.team.keys[kind]
        self.html = (
            f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            '<meta name="color-scheme" content="light dark"><title>A shop</title></head>'
            "<body><main><h1>A shop</h1><p>We sell parcels.</p>"
            f'<script src="{source}" data-channel="{key}" {attributes}></script>'
            "</main></body></html>"
        )

    async def visit(
        self,
        path: str = "",
        *,
        width: str = "wide",
        scheme: Literal["light", "dark"] = "light",
        **options: Any,
    ) -> Page:
        """A new visitor's page: the site's own, or another address."""
        context = await self.browser.new_context(
            viewport={"width": WIDTHS[width], "height": 900}, color_scheme=scheme, **options
        )
        self.contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(15_000)
        page.on("request", self._note_request)
        page.on("console", self._note_console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        await page.goto(path or self.url)
        return page

    def _note_request(self, request: Request) -> None:
        ours = {urlsplit(self.url).netloc, urlsplit(self.house.url).netloc}
        if urlsplit(request.url).netloc not in ours:
            self.strangers.append(request.url)

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(word in message.text for word in EXPECTED):
            self.complaints.append(message.text)

    async def shoot(self, page: Page, name: str) -> None:
        await page.screenshot(path=self.shots / f"{name}.png", full_page=True)


async def serious_issues(page: Page) -> list[str]:
    """What axe-core finds of impact serious or critical, by rule, with the elements."""
    source = files(AXE).joinpath("axe.min.js").read_text()
    await page.context.grant_permissions([])
    await page.evaluate(source)
    found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{issue['id']}: {[node['html'] for node in issue['nodes']]}"
        for issue in found["violations"]
        if issue["impact"] in SERIOUS
    ]


@asynccontextmanager
async def open_website(house: House, browser: Browser, shots: Path) -> AsyncIterator[Website]:
    """Serve the site during the block; its pages may ask nobody but it and the gateway."""
    website = Website(house, browser, shots)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        is_page = request.startswith(b"GET / ")
        body = website.html.encode() if is_page else b""
        head = (
            f"HTTP/1.1 {'200 OK' if is_page else '204 No Content'}\r\n"
            f"Content-Type: text/html; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
            f"Content-Security-Policy: {website.policy()}\r\nConnection: close\r\n\r\n"
        )
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    website.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with server:
        yield website
        for context in website.contexts:
            await context.close()
    assert website.strangers == []
    assert website.complaints == []
