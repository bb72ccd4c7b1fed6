"""A day at the desk, in real browsers: customers by chat and mail, three agents, bad lines."""

import re
from dataclasses import dataclass

import pytest
from playwright.async_api import Page, expect
from tests.browser.website import serious_issues
from tests.browser.workplace import Workplace
from tests.house import make_mail

pytestmark = pytest.mark.browser

OFFER = "You are offered this conversation"
OFFER_S = 12
REPLY = "Your reply to the customer"


@dataclass
class Day:
    """The browsers of a customer at a shop, of two agents and of a specialist."""

    place: Workplace
    ann: Page
    ada: Page
    shots: int = 0

    async def look(self, page: Page, who: str) -> None:
        """Nothing serious stands in anybody's way; a picture is kept."""
        assert await serious_issues(page) == []
        self.shots += 1
        await self.place.website.shoot(page, f"day-{self.shots:02}-{who}")

    async def say(self, words: str) -> None:
        """What the customer writes in the chat."""
        await self.ann.get_by_label("Your message").fill(words)
        await self.ann.keyboard.press("Enter")


@pytest.fixture
async def day(workplace: Workplace) -> Day:
    """Offers of the first level stand long enough to be looked at; Ada alone is there."""
    team = workplace.house.team
    queue = f"/v1/queues/{team.first_level}"
    await workplace.ask("PATCH", queue, {"mode": "offer", "offer_timeout_s": OFFER_S})
    for agent in (team.agent_id, await workplace.hire("Bea")):
        await workplace.ask("PUT", f"{queue}/members/{agent}", {})
    await workplace.hire("Cleo")
    workplace.website.embed("chat.js", "chat")
    ann = await workplace.website.visit(locale="en-GB")
    return Day(workplace, ann, await workplace.log_in())


async def test_a_day(day: Day) -> None:
    bea = await an_offer_expires_and_the_next_accepts(day)
    await both_sides_lose_their_line(day, bea)
    await a_mail_is_answered(day)
    cleo = await the_matter_is_escalated(day, bea)
    await a_specialist_solves_it(day, bea, cleo)
    await nothing_was_lost_or_doubled(day)


async def an_offer_expires_and_the_next_accepts(day: Day) -> Page:
    await day.ann.get_by_role("button", name="Open the chat").click()
    await day.say("Where is my parcel?")
    await expect(day.ann.get_by_text("· Sent")).to_be_visible()
    await expect(day.ada.get_by_text(OFFER)).to_be_visible()
    await day.look(day.ada, "ada-offer")
    bea = await day.place.log_in(name="Bea")
    await expect(bea.get_by_text(OFFER)).to_be_visible(timeout=5_000 * OFFER_S)
    await expect(day.ada.get_by_text(OFFER)).to_have_count(0)
    await expect(day.ada.locator(".list a")).to_contain_text("With Bea")
    await bea.get_by_role("button", name="Accept").first.click()
    await expect(bea.get_by_label(REPLY)).to_be_visible()
    await expect(day.ada.locator(".list a")).to_contain_text("Taken")
    await expect(day.ann.get_by_text("Bea is here")).to_be_visible()
    await bea.get_by_label(REPLY).fill("Which number has it?")
    await bea.keyboard.press("Control+Enter")
    await expect(day.ann.get_by_text("Which number has it?")).to_be_visible()
    await expect(bea.locator(".message.outbound .delivery")).to_contain_text("Delivered")
    await day.look(bea, "bea-replied")
    await day.look(day.ann, "widget")
    return bea


async def both_sides_lose_their_line(day: Day, bea: Page) -> None:
    await day.ann.context.set_offline(offline=True)
    await day.say("It is number 42.")
    await bea.context.set_offline(offline=True)
    await expect(bea.get_by_text("What you see may be out of date.")).to_be_visible()
    await bea.get_by_label(REPLY).fill("One moment, I ask.")
    await bea.get_by_role("button", name="Send reply").click()
    await expect(bea.get_by_text("Your words are still here.")).to_be_visible()
    await day.look(bea, "bea-offline")
    await day.ann.context.set_offline(offline=False)
    said = day.ann.locator(".item", has_text="It is number 42.")
    await expect(said).to_contain_text(re.compile("· (Sent|Read)"))
    await bea.context.set_offline(offline=False)
    await expect(bea.get_by_text("It is number 42.")).to_be_visible()
    await bea.reload()
    await expect(bea.get_by_text("It is number 42.")).to_be_visible()
    await expect(bea.get_by_label(REPLY)).to_have_value("One moment, I ask.")
    await bea.get_by_role("button", name="Send reply").click()
    await expect(day.ann.get_by_text("One moment, I ask.")).to_be_visible()
    await day.ann.reload()
    await day.ann.get_by_role("button", name="Open the chat").click()
    await expect(day.ann.locator(".item")).to_have_count(4)


async def a_mail_is_answered(day: Day) -> None:
    """Ada, who has nothing to do, is asked before Bea."""
    mail = make_mail("Do you open on Sunday?", Subject="Opening", From="Ben <ben@example.com>")
    await day.place.house.send_mail(mail)
    await expect(day.ada.get_by_text(OFFER)).to_be_visible()
    await day.ada.get_by_role("button", name="Accept").first.click()
    await day.ada.get_by_label(REPLY).fill("Yes, until noon.")
    await day.ada.reload()
    await day.ada.get_by_role("button", name="Send reply").click()
    await expect(day.ada.locator(".delivery")).to_contain_text("Sent")
    assert [mail["To"] for mail in day.place.relay.mails] == ["ben@example.com"]
    await day.ada.get_by_role("button", name="Solve").click()
    await expect(day.ada.get_by_role("button", name="Reopen")).to_be_visible()
    await day.look(day.ada, "ada-solved")


async def the_matter_is_escalated(day: Day, bea: Page) -> Page:
    cleo = await day.place.log_in(name="Cleo")
    await bea.get_by_role("button", name="Escalate…").click()
    await bea.get_by_label("What is the matter?").fill("Number 42 is in no list of ours.")
    await bea.get_by_label("What was tried").fill("Asked the depot")
    await day.look(bea, "bea-escalates")
    await bea.get_by_role("dialog").get_by_role("button", name="Escalate", exact=True).click()
    await expect(bea.locator(".message.note")).to_contain_text("Number 42 is in no list of ours.")
    await expect(day.ann.get_by_text("Bea is here")).to_have_count(0)
    await cleo.get_by_role("link", name="Specialists 1").click()
    await expect(cleo.locator(".list a")).to_contain_text("Waiting")
    return cleo


async def a_specialist_solves_it(day: Day, bea: Page, cleo: Page) -> None:
    await cleo.locator(".list a").click()
    await expect(cleo.locator(".message.note")).to_contain_text("Asked the depot")
    await cleo.get_by_role("button", name="Take").click()
    await expect(day.ann.get_by_text("Cleo is here")).to_be_visible()
    await expect(bea.locator(".thread .marks").first).to_contain_text("With Cleo")
    await cleo.get_by_label(REPLY).fill("It was found, and comes today.")
    await cleo.keyboard.press("Control+Enter")
    await expect(day.ann.get_by_text("It was found, and comes today.")).to_be_visible()
    await expect(bea.get_by_text("It was found, and comes today.")).to_be_visible()
    await cleo.get_by_role("button", name="Solve").click()
    await expect(cleo.get_by_role("button", name="Reopen")).to_be_visible()
    await expect(bea.locator(".thread .mark.solved")).to_be_visible()
    await expect(day.ann.get_by_text("Cleo is here")).to_have_count(0)
    await day.look(cleo, "cleo-solved")
    await day.look(bea, "bea-sees-it-solved")
    await day.look(day.ann, "widget-answered")


async def nothing_was_lost_or_doubled(day: Day) -> None:
    house = day.place.house
    statement = "SELECT direction, count(*) FROM message GROUP BY direction ORDER BY direction"
    assert await house.rows(statement) == [("inbound", 3), ("note", 1), ("outbound", 4)]
    assert await house.rows("SELECT DISTINCT status FROM conversation") == [("solved",)]
    assert await house.count("conversation") == 2
