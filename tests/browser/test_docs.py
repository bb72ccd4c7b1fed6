"""The page that describes the API, in a real browser."""

import pytest
from playwright.async_api import expect
from tests.browser.website import Website
from tests.house import House

pytestmark = pytest.mark.browser


async def test_it_loads_nothing_from_elsewhere(house: House, website: Website) -> None:
    page = await website.visit(f"{house.url}/docs")
    await expect(page.get_by_text("/v1/conversations", exact=True).first).to_be_visible()
    await website.shoot(page, "docs-wide-light")
