"""A real browser, and somebody else's website that embeds ours.

Debian's chromium is looked for first, then playwright's own.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Playwright, async_playwright, expect
from tests.browser.website import Website, open_website
from tests.browser.workplace import Workplace
from tests.delivery.providers import mail_server
from tests.house import House, serving
from tests.programs import missing

from gateway.doors.desk import BUILT

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage"]  # both for containers
SHOTS = Path(__file__).parents[2] / "data" / "screenshots"

expect.set_options(timeout=20_000)  # machines are slow at times


def find_browser(playwright: Playwright) -> str | None:
    """The path of a browser, None where there is none."""
    given = os.environ.get("SPORTELLO_BROWSER")
    found = given or next(filter(None, map(shutil.which, NAMES)), None)
    own = playwright.chromium.executable_path
    return found or (own if Path(own).exists() else None)


@asynccontextmanager
async def launched() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        path = find_browser(playwright)
        if path is None:
            missing("no browser: install Debian's chromium, or name one by SPORTELLO_BROWSER")
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield browser
        finally:
            await browser.close()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with launched() as browser:
        yield browser


@pytest.fixture
async def website(house: House, browser: Browser) -> AsyncIterator[Website]:
    """A site of another origin, with a policy that allows ours and nothing inline."""
    await asyncio.to_thread(SHOTS.mkdir, parents=True, exist_ok=True)
    async with open_website(house, browser, SHOTS) as website:
        yield website


@pytest.fixture
def built() -> None:
    if not (BUILT / "index.html").is_file():
        missing("the desk is not built: run `make desk`")


@pytest.fixture
async def workplace(dsn: str, built: None, browser: Browser) -> AsyncIterator[Workplace]:
    await asyncio.to_thread(SHOTS.mkdir, parents=True, exist_ok=True)
    async with (
        mail_server() as relay,
        serving(dsn, worker=True) as house,
        open_website(house, browser, SHOTS) as website,
    ):
        place = Workplace(house, website, relay)
        await place.prepare()
        yield place
