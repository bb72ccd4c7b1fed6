"""What an agent does with a conversation at the desk, in real browsers on a real gateway."""

import pytest
from playwright.async_api import FilePayload, Page, expect
from tests.browser.website import serious_issues
from tests.browser.workplace import Workplace
from tests.house import make_mail

pytestmark = pytest.mark.browser

REPLY = "Your reply to the customer"
MACRO = {
    "name": "Parcel is on its way",
    "language": "en",
    "texts": {"en": {"text": "Dear {{contact.name|customer}}, it comes. {{agent.name}}"}},
    "afterwards": "solve",
}


async def taken(place: Workplace, **options: str) -> Page:
    """Ada's page, with a conversation that she has taken."""
    await place.house.send_mail(make_mail())
    page = await place.log_in(**options)
    await page.get_by_role("link", name="Parcel").click()
    await page.get_by_role("button", name="Take").click()
    await expect(page.get_by_label(REPLY)).to_be_visible()
    return page


async def confirm(page: Page, name: str) -> None:
    await page.get_by_role("dialog").get_by_role("button", name=name, exact=True).click()
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_a_macro_and_a_picture_go_out_with_an_answer(workplace: Workplace) -> None:
    await workplace.ask("POST", "/v1/macros", MACRO)
    page = await taken(workplace)
    await page.get_by_label("Insert a macro…").focus()
    await page.get_by_label("Insert a macro…").select_option("Parcel is on its way")
    await expect(page.get_by_label(REPLY)).to_have_value("Dear Ann, it comes. Ada")
    await expect(page.get_by_text("then solves")).to_be_visible()
    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("button", name="Attach files…").click()
    picture = await page.screenshot()
    file = FilePayload(name="map.png", mimeType="image/png", buffer=picture)
    await (await chooser.value).set_files([file])
    await expect(page.get_by_role("button", name="Remove map.png")).to_be_visible()
    await page.reload()
    assert await serious_issues(page) == []
    await workplace.website.shoot(page, "desk-composer")
    await page.get_by_role("button", name="Send reply").click()
    shown = page.locator(".message.outbound .picture img")
    await expect(shown).to_have_js_property("naturalWidth", 1100)
    await expect(page.locator(".delivery")).to_contain_text("Sent")
    await expect(page.get_by_role("button", name="Reopen")).to_be_visible()
    [mail] = workplace.relay.mails
    assert [part.get_filename() for part in mail.walk() if part.get_filename()] == ["map.png"]


async def test_laid_aside_until_a_date_then_passed_on(workplace: Workplace) -> None:
    await workplace.hire("Bea")
    page = await taken(workplace)
    await page.get_by_role("button", name="Lay aside…").click()
    await page.get_by_label("Until a date").check()
    await page.get_by_role("button", name="Next week").click()
    assert await serious_issues(page) == []
    await workplace.website.shoot(page, "desk-lay-aside")
    await confirm(page, "Lay aside")
    await expect(page.locator(".thread .marks")).to_contain_text("Until")
    [[until]] = await workplace.house.rows("SELECT snoozed_until FROM conversation")
    assert until.weekday() == 0
    await page.get_by_role("button", name="Go on").click()
    bea = await workplace.log_in(name="Bea")
    await page.get_by_role("button", name="Pass on…").click()
    await expect(page.get_by_role("combobox", name="To", exact=True)).to_contain_text(
        "Bea · Load 0 of 5"
    )
    await page.get_by_label("What should they know?").fill("She speaks Polish.")
    await confirm(page, "Pass on")
    await bea.get_by_role("link", name="Mine 1").click()
    await bea.locator(".list a").click()
    await expect(bea.locator(".message.note")).to_contain_text("She speaks Polish.")


async def test_the_contact_s_history_and_a_merge(workplace: Workplace) -> None:
    await workplace.house.send_mail(make_mail(Subject="The same again"))
    page = await taken(workplace)
    await page.get_by_role("button", name="Customer", exact=True).click()
    panel = page.get_by_role("complementary", name="Customer")
    await expect(panel.get_by_text("ann@example.com")).to_be_visible()
    assert await serious_issues(page) == []
    await workplace.website.shoot(page, "desk-contact")
    await panel.get_by_role("link", name="The same again").click()
    await page.get_by_role("button", name="Take").click()
    await page.get_by_role("button", name="Merge…").click()
    await page.get_by_label("Parcel").check()
    await confirm(page, "Merge")
    await expect(page.get_by_role("heading", name="Parcel")).to_be_visible()
    await expect(page.locator(".message")).to_have_count(2)
    await expect(page.locator(".list a")).to_have_count(1)


async def test_two_at_one_conversation_are_told_of_each_other(workplace: Workplace) -> None:
    await workplace.hire("Bea", "supervisor")
    page = await taken(workplace)
    bea = await workplace.log_in(name="Bea")
    await bea.get_by_role("link", name="Parcel").click()
    await expect(page.get_by_text("Bea: also looking at this")).to_be_visible()
    await page.get_by_label(REPLY).press_sequentially("It")
    await expect(bea.get_by_text("Ada: writing an answer now")).to_be_visible()
    await bea.get_by_role("button", name="Assign…").click()
    await confirm(bea, "Assign")
    await expect(page.locator(".thread .marks")).to_contain_text("With Bea")
    await bea.get_by_role("link", name="Solved").click()
    await expect(page.get_by_text("also looking at this")).to_have_count(0)


async def test_the_first_word_on_a_page_that_was_just_opened_is_told(workplace: Workplace) -> None:
    await workplace.hire("Bea", "supervisor")
    page = await taken(workplace)
    bea = await workplace.log_in(name="Bea")
    await bea.get_by_role("link", name="Parcel").click()
    await page.reload()
    await expect(page.get_by_text("Live", exact=True)).to_be_visible()
    await page.get_by_label(REPLY).press_sequentially("It")
    await expect(bea.get_by_text("Ada: writing an answer now")).to_be_visible()


async def test_what_goes_where_one_does_not_see_says_so_and_is_left_alone(
    workplace: Workplace,
) -> None:
    second = workplace.house.team.second_level
    await workplace.ask("PUT", f"/v1/queues/{second}/members/{await workplace.hire('Bea')}", {})
    page = await taken(workplace)
    await page.get_by_role("button", name="Escalate…").click()
    await page.get_by_label("What is the matter?").fill("Refund failed twice.")
    await confirm(page, "Escalate")
    await expect(page.get_by_text("in a queue that you do not see")).to_be_visible()
    await expect(page.get_by_role("button", name="Escalate…")).to_have_count(0)
    await expect(page.get_by_label(REPLY)).to_have_count(0)
    assert await serious_issues(page) == []
    [[conversation]] = await workplace.house.rows("SELECT id FROM conversation")
    bea = await workplace.log_in(f"/desk/open/{conversation}", name="Bea")
    await bea.get_by_role("button", name="Take").click()
    await expect(bea.locator(".thread .mark.assigned")).to_be_visible()
    await page.reload()
    await expect(page.get_by_text("it is not yours to see")).to_be_visible()


async def test_an_agent_writes_first(workplace: Workplace) -> None:
    page = await workplace.log_in()
    await page.get_by_role("button", name="Write to a customer").click()
    await page.get_by_label("Mail address").fill("nobody")
    await page.get_by_label("Their name").fill("Dora")
    await page.get_by_label("Subject").fill("Your parcel")
    await page.get_by_label("Text", exact=True).fill("We have found it.")
    assert await serious_issues(page) == []
    await workplace.website.shoot(page, "desk-start")
    await page.get_by_role("dialog").get_by_role("button", name="Send").click()
    await expect(page.get_by_text("must be a mail address")).to_be_visible()
    await page.get_by_label("Mail address").fill("dora@customer.test")
    await confirm(page, "Send")
    await expect(page.get_by_role("heading", name="Your parcel")).to_be_visible()
    await expect(page.locator(".message.outbound")).to_contain_text("We have found it.")
    await expect(page.locator(".message.outbound")).to_contain_text("Sent")
    [mail] = workplace.relay.mails
    assert (str(mail["To"]), mail["Subject"]) == ("dora@customer.test", "Your parcel")
