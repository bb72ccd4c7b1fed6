"""Logging in by a provider, in a real browser: there, back, and out again."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect
from tests.access.openid import CLIENT, SECRET, OpenId, opened_provider
from tests.browser.conftest import SHOTS
from tests.house import House, serving

LABEL = "Example Accounts"


@pytest.fixture
async def provider() -> AsyncIterator[OpenId]:
    async with opened_provider() as provider:
        provider.person = {"sub": "1", "email": "ada@example.com", "email_verified": True}
        yield provider


@pytest.fixture
async def house(dsn: str, built: None, provider: OpenId) -> AsyncIterator[House]:
    agreed = {"oidc_client_id": CLIENT, "oidc_client_secret": SECRET, "oidc_label": LABEL}
    async with serving(dsn, oidc_issuer=provider.url, **agreed) as house:
        yield house


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    context = await browser.new_context(locale="en-GB")
    yield await context.new_page()
    await context.close()


async def test_people_come_by_the_provider_and_leave_by_it(
    house: House, provider: OpenId, page: Page
) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    await page.goto(f"{house.url}/desk/solved")
    await page.get_by_role("link", name=f"Continue with {LABEL}").click()
    await expect(page.get_by_text("Live", exact=True)).to_be_visible()
    assert page.url == f"{house.url}/desk/solved"
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_text("Goodbye")).to_be_visible()
    assert page.url.startswith(provider.url)


async def test_a_refusal_is_told_in_words(house: House, provider: OpenId, page: Page) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    provider.person["email_verified"] = False
    await page.goto(f"{house.url}/desk")
    await page.get_by_role("link", name=f"Continue with {LABEL}").click()
    await expect(page.get_by_role("alert")).to_contain_text("has not confirmed your email address")
    await page.screenshot(path=SHOTS / "login-refused.png")
    await page.emulate_media(color_scheme="dark")
    await page.screenshot(path=SHOTS / "login-refused-dark.png")
