"""The help page in a real browser: found, read and voted on, without a script."""

from typing import Any, Literal

import pytest
from playwright.async_api import expect
from tests.browser.website import Website, serious_issues
from tests.house import House, bearer

pytestmark = pytest.mark.browser

ARTICLES = {
    "Where is my parcel?": "Open **Orders** and press *Track*.\n\n## Later\n\n- one\n- two\n",
    "How do I pay?": "By card.\n\n| card | fee |\n| - | - |\n| any | none |\n",
}


async def publish(house: House, title: str, body: str) -> Any:
    written = {"language": "en", "title": title, "body": body}
    made = await house.post("/v1/articles", written)
    version = {"language": "en", "version": 1}
    return await house.post(f"/v1/articles/{made['id']}/publish", version, house.team.admin)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", ["narrow", "wide"])
async def test_found_read_and_voted_on(
    house: House, website: Website, width: str, scheme: Literal["light", "dark"]
) -> None:
    made = [await publish(house, *each) for each in ARTICLES.items()]
    page = await website.visit(
        f"{house.url}/help/{house.team.keys['chat']}", width=width, scheme=scheme
    )
    assert await serious_issues(page) == []
    await website.shoot(page, f"help-{width}-{scheme}")
    await page.get_by_label("What are you looking for?").fill("parcels")
    await page.get_by_role("button", name="Search").click()
    await expect(page.get_by_role("status")).to_have_text("Found: 1")
    assert await serious_issues(page) == []
    await page.get_by_role("link", name="Where is my parcel?").click()
    await expect(page.get_by_role("heading", name="Later")).to_be_visible()
    assert await serious_issues(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await website.shoot(page, f"help-article-{width}-{scheme}")
    await page.get_by_role("button", name="Yes").click()
    await expect(page.get_by_role("status")).to_have_text("Thank you for saying so.")
    assert await page.context.cookies() == []
    answer = await house.http.get(f"/v1/articles/{made[0]['id']}", headers=bearer(house.team.admin))
    assert answer.json()["helped"] == 1


@pytest.mark.parametrize(("script", "kind"), [("form.js", "web_form"), ("chat.js", "chat")])
async def test_suggested_before_sending(
    house: House, website: Website, script: str, kind: str
) -> None:
    await publish(house, *next(iter(ARTICLES.items())))
    website.embed(script, kind, attributes="data-suggest")
    page = await website.visit()
    if kind == "chat":
        await page.get_by_role("button", name="Open the chat").click()
    await page.get_by_label("Your message" if kind == "chat" else "Message").fill("my parcels")
    link = page.get_by_role("link", name="Where is my parcel?")
    await expect(link).to_be_visible()
    assert await serious_issues(page) == []
    await website.shoot(page, f"{kind}-suggested")
    async with page.context.expect_page() as opened:
        await link.click()
    await expect((await opened.value).get_by_text("Open Orders")).to_be_visible()
    assert await house.count("message") == 0


async def test_nothing_is_asked_where_the_page_does_not_want_it(
    house: House, website: Website
) -> None:
    website.embed("form.js", "web_form")
    page = await website.visit()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.get_by_label("Email address").fill("ada@example.com")
    await page.get_by_label("Message").fill("my parcels")
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_text("Thank you")).to_be_visible()
    assert not [url for url in asked if "/help/" in url]
