"""Searching at the desk: what was said is found with its words, and opened from there."""

import pytest
from playwright.async_api import expect
from tests.browser.website import serious_issues
from tests.browser.workplace import Workplace
from tests.house import make_mail

pytestmark = pytest.mark.browser


async def test_what_was_said_is_found_and_opened(workplace: Workplace) -> None:
    await workplace.house.send_mail(make_mail("My <b>umbrella</b> is broken.", Subject="Rain"))
    await workplace.house.send_mail(make_mail(Subject="Other"))
    page = await workplace.log_in("/desk/search")
    found = page.get_by_role("region", name="Search").locator("li a")
    for _ in range(20):  # it can be found about a second after it came
        async with page.expect_response("**/v1/search?*") as answered:
            await page.goto(f"{workplace.house.url}/desk/search?q=umbrella")
        if (await (await answered.value).json())["messages"]:
            break
    await expect(found).to_have_count(1)
    await expect(found.locator("mark")).to_have_text("umbrella")
    assert await serious_issues(page) == []
    await found.click()
    await expect(page.get_by_role("heading", name="Rain")).to_be_visible()
    await workplace.website.shoot(page, "desk-search")
    await page.reload()
    await expect(found).to_have_attribute("aria-current", "true")
    await page.get_by_label("Words, a name or an address").fill("ann@")
    await page.get_by_role("button", name="Search").click()
    await page.locator(".person summary").click()
    await expect(page.get_by_role("link", name="Other")).to_be_visible()
