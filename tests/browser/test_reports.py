"""The reports in a real browser: figures of real conversations, and the way back to these."""

import asyncio

import pytest
from playwright.async_api import Page, expect
from tests.browser.website import serious_issues
from tests.browser.workplace import Workplace
from tests.house import make_mail

pytestmark = pytest.mark.browser


async def counted(workplace: Workplace, new: int) -> None:
    """Wait for the worker to have counted all that has happened."""
    async with asyncio.timeout(30):
        while True:
            told = await workplace.ask("GET", "/v1/figures?figure=new")
            if told["now"]["value"] == new and told["period"]["behind"] == 0:
                return
            await asyncio.sleep(0.1)


async def work(workplace: Workplace) -> str:
    """Three customers write, one is answered and helped: that conversation."""
    house = workplace.house
    for number in range(3):
        await house.send_mail(make_mail(Subject=f"Parcel {number}"))
    [[first], *_] = await house.rows("SELECT id FROM conversation ORDER BY subject")
    for deed, body in (("take", None), ("replies", {"text": "It comes."}), ("solve", None)):
        path = f"/v1/conversations/{first}/{deed}"
        await workplace.ask("POST", path, body, house.team.agent)
    await counted(workplace, 3)
    return str(first)


def card(page: Page, title: str) -> str:
    return f".figures a:has(.title:text-is('{title}'))"


async def test_a_figure_leads_to_the_conversations_behind_it(workplace: Workplace) -> None:
    first = await work(workplace)
    await workplace.hire("Bea", "supervisor")
    page = await workplace.log_in(name="Bea")
    await page.get_by_role("link", name="Reports").click()
    await expect(page.locator(card(page, "New conversations")).locator("strong")).to_have_text("3")
    await expect(page.locator(card(page, "Abandoned")).locator("strong")).to_have_text("0%")
    assert await serious_issues(page) == []
    await page.locator(card(page, "First response time")).click()
    detail = page.get_by_role("region", name="First response time")
    await expect(detail.locator("canvas")).to_be_visible()
    await expect(detail.locator(".readings")).to_contain_text("Cases1")
    await expect(detail.get_by_role("row", name="General")).to_be_visible()
    await detail.get_by_role("combobox").select_option("agent")
    await expect(detail.get_by_role("row", name="Ada")).to_be_visible()
    assert await serious_issues(page) == []
    await workplace.website.shoot(page, "reports-wide-light")
    await page.reload()
    await detail.locator(".cases a").click()
    await expect(page.get_by_text("It comes.")).to_be_visible()
    assert page.url.endswith(f"/desk/open/{first}")


@pytest.mark.parametrize("width", ["narrow", "wide"])
async def test_reports_in_the_dark(workplace: Workplace, width: str) -> None:
    await work(workplace)
    await workplace.hire("Bea", "supervisor")
    page = await workplace.log_in("/desk/reports/new", name="Bea", width=width, scheme="dark")
    await expect(page.locator("canvas")).to_be_visible()
    await expect(page.get_by_role("row", name="General")).to_be_visible()
    assert await serious_issues(page) == []
    await workplace.website.shoot(page, f"reports-{width}-dark")


async def test_the_report_of_a_week_is_a_page_by_itself(workplace: Workplace) -> None:
    await work(workplace)
    await workplace.ask("PUT", "/v1/figures/targets/backlog", {"value": 0})
    await workplace.hire("Bea", "supervisor")
    page = await workplace.log_in("/desk/reports", name="Bea")
    async with page.context.expect_page() as opening:
        await page.get_by_role("link", name="The report of last week").click()
    report = await opening.value
    await expect(report.get_by_role("heading", name="Your service from")).to_be_visible()
    await expect(report.get_by_role("row", name="New conversations")).to_be_visible()
    assert await serious_issues(report) == []
    await workplace.website.shoot(report, "report-week")


async def test_agents_are_offered_none(workplace: Workplace) -> None:
    page = await workplace.log_in()
    await expect(page.get_by_role("link", name="Mine")).to_be_visible()
    await expect(page.get_by_role("link", name="Reports")).to_have_count(0)
