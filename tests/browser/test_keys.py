"""The desk by keyboard, and what calls an agent: the list, what is new in it, sounds."""

import pytest
from playwright.async_api import Page, expect
from tests.browser.website import serious_issues
from tests.browser.workplace import Workplace
from tests.house import make_mail

pytestmark = pytest.mark.browser

COUNT_SOUNDS = """window.sounds = 0;
window.AudioContext = class extends AudioContext {
    constructor() { super(); window.sounds += 1; }
};"""


async def write(place: Workplace, subject: str) -> None:
    sender = f"{subject.lower()}@example.com"
    await place.house.send_mail(make_mail(Subject=subject, From=sender))


async def test_a_conversation_from_the_list_to_its_end_without_a_mouse(
    workplace: Workplace,
) -> None:
    await write(workplace, "First")
    await write(workplace, "Second")
    page = await workplace.log_in()
    await expect(page.locator(".list .unread")).to_have_count(2)
    await page.keyboard.press("j")
    await expect(page.get_by_role("heading", name="Second")).to_be_visible()
    await expect(page.locator(".list .unread")).to_have_count(1)
    await page.keyboard.press("j")
    await expect(page.get_by_role("heading", name="First")).to_be_visible()
    await expect(page.locator(".list .unread")).to_have_count(0)
    await page.keyboard.press("t")
    await expect(page.get_by_role("button", name="Solve")).to_be_visible()
    await page.keyboard.press("n")
    await expect(page.get_by_label("A note that only agents see")).to_be_focused()
    await page.keyboard.press("Escape")
    await page.keyboard.press("r")
    await expect(page.get_by_label("Your reply to the customer")).to_be_focused()
    await page.keyboard.type("It is solved?")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".message.outbound")).to_contain_text("It is solved?")
    await page.keyboard.press("Escape")
    await page.keyboard.press("s")
    await expect(page.get_by_role("button", name="Reopen")).to_be_visible()
    await page.keyboard.press("4")
    await expect(page.locator(".list a")).to_contain_text("First")


async def test_the_keys_are_shown_and_can_be_switched_off(workplace: Workplace) -> None:
    page = await workplace.log_in()
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keys and notices")).to_be_visible()
    assert await serious_issues(page) == []
    await workplace.website.shoot(page, "desk-keys")
    await page.get_by_label("Single keys work").uncheck()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.keyboard.press("4")
    await page.get_by_role("button", name="Keys and notices").click()
    await page.get_by_label("Single keys work").check()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("heading", name="All open")).to_be_visible()
    await page.keyboard.press("4")
    await expect(page.get_by_role("heading", name="Solved")).to_be_visible()


async def test_the_list_by_level_and_narrowed(workplace: Workplace) -> None:
    await write(workplace, "First")
    await write(workplace, "Second")
    page = await workplace.log_in()
    await page.get_by_role("link", name="Second level 0").click()
    await expect(page.get_by_text("Nothing here")).to_be_visible()
    await page.get_by_role("link", name="First level 2").click()
    await page.keyboard.press("/")
    await page.keyboard.type("second@")
    await expect(page.locator(".list li a")).to_have_count(1)
    await page.locator(".list li a").click()
    await page.get_by_label("Narrow the list").fill("")
    await page.get_by_label("Show", exact=True).select_option("New")
    await expect(page.locator(".list li a")).to_have_count(1)
    await expect(page.locator(".list li a")).to_contain_text("First")


async def test_who_is_called_hears_it(workplace: Workplace) -> None:
    page: Page = await workplace.website.visit("about:blank", locale="en-GB")
    await page.add_init_script(COUNT_SOUNDS)
    await page.context.grant_permissions(["notifications"], origin=workplace.house.url)
    await workplace.enter(page)
    await page.get_by_role("button", name="Keys and notices").click()
    await page.get_by_label("A sound and a notice").check()
    await page.keyboard.press("Escape")
    mail = make_mail()
    await workplace.house.send_mail(mail)
    await page.get_by_role("link", name="Parcel").click()
    await page.get_by_role("button", name="Take").click()
    await page.get_by_role("link", name="Mine 1").click()
    await expect(page).to_have_title("Sportello")
    again = make_mail("And?", Subject="Re: Parcel", In_Reply_To=mail["Message-ID"])
    await workplace.house.send_mail(again)
    await expect(page).to_have_title("(1) Sportello")
    await expect(page.locator(".list .unread")).to_have_count(1)
    assert await page.evaluate("window.sounds") == 1
