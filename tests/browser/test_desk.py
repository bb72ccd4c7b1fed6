"""The desk, in a real browser on a real gateway: from a customer's mail to the answer."""

import json
from typing import Literal

import pytest
from playwright.async_api import Route, WebSocketRoute, expect
from tests.browser.website import serious_issues
from tests.browser.workplace import Workplace
from tests.house import make_mail

pytestmark = pytest.mark.browser

HTML = """<p style="color: #0a3">Where is <b>my parcel</b>?</p>
<script>parent.document.title = "taken"</script><img src="x" onerror="alert(1)">"""


async def test_a_mail_arrives_is_taken_answered_and_solved(workplace: Workplace) -> None:
    page = await workplace.log_in()
    await expect(page.get_by_text("Nothing here")).to_be_visible()
    mail = make_mail(Subject="Parcel <i>42</i>")
    mail.add_alternative(HTML, subtype="html")
    await workplace.house.send_mail(mail)
    await page.get_by_role("link", name="Parcel <i>42</i>").click()
    frame = page.frame_locator("iframe.mail")
    await expect(frame.get_by_text("my parcel")).to_be_visible()
    await expect(frame.locator("p")).to_have_css("color", "rgb(0, 170, 51)")
    await expect(page).to_have_title("Sportello")
    await page.get_by_text("Why here?").click()
    await expect(page.locator(".why li").first).to_be_visible()
    await page.get_by_role("button", name="Take").click()
    await page.get_by_label("Your reply to the customer").fill("It comes today.")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".message.outbound .words")).to_have_text("It comes today.")
    await expect(page.locator(".delivery")).to_contain_text("Sent")
    assert [mail["To"] for mail in workplace.relay.mails] == ["ann@example.com"]
    assert workplace.relay.texts()[0].startswith("It comes today.")
    await page.get_by_role("button", name="Solve").click()
    await expect(page.get_by_role("button", name="Reopen")).to_be_visible()
    await expect(page.locator(".list a")).to_have_count(0)
    assert await workplace.house.rows("SELECT status FROM conversation") == [("solved",)]


async def test_the_connection_is_told_as_it_is_and_nothing_is_missed(workplace: Workplace) -> None:
    page = await workplace.log_in()
    await page.context.set_offline(offline=True)
    await expect(page.get_by_text("What you see may be out of date.")).to_be_visible()
    await expect(page.get_by_text("Live", exact=True)).to_have_count(0)
    await workplace.house.send_mail(make_mail(Subject="Meanwhile"))
    await page.context.set_offline(offline=False)
    await expect(page.get_by_text("Meanwhile")).to_be_visible()
    await expect(page.get_by_text("Live", exact=True)).to_be_visible()


async def test_an_offer_is_accepted_and_escalated_and_a_link_leads_there(
    workplace: Workplace,
) -> None:
    house = workplace.house
    team = house.team
    queue = f"/v1/queues/{team.first_level}"
    await workplace.ask("PATCH", queue, {"mode": "offer", "offer_timeout_s": 600})
    await workplace.ask("PUT", f"{queue}/members/{team.agent_id}", {})
    page = await workplace.log_in(code=await workplace.recovery_code())
    await house.send_mail(make_mail())
    await expect(page.get_by_text("You are offered this conversation")).to_be_visible()
    await workplace.website.shoot(page, "desk-offer-wide-light")
    await page.get_by_role("button", name="Accept").first.click()
    await page.get_by_role("button", name="Escalate…").click()
    await page.get_by_label("What is the matter?").fill("Refund failed twice.")
    await page.get_by_role("dialog").get_by_role("button", name="Escalate", exact=True).click()
    await expect(page.get_by_text("Refund failed twice.")).to_be_visible()
    [[queue_id, level]] = await house.rows("SELECT queue_id, status FROM conversation")
    assert (queue_id, level) == (team.second_level, "queued")
    await page.reload()
    await expect(page.get_by_text("Refund failed twice.")).to_be_visible()


async def test_a_bad_line_neither_doubles_nor_loses(workplace: Workplace) -> None:
    """Frames come twice, one never comes, and the cursor is forgotten: the list is as it is."""
    lost: list[str] = []
    cursors: list[str] = []

    async def through(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def up(text: str | bytes) -> None:
            frame = json.loads(text)
            if "cursor" in frame:
                cursors.append(frame["cursor"])
                frame["cursor"] = f"bogus.{len(cursors)}"
            server.send(json.dumps(frame))

        def down(text: str | bytes) -> None:
            if '"conversation.opened"' in str(text) and not lost:
                lost.append(str(text))
                return
            route.send(text)
            if '"t":"ev' in str(text):
                route.send(text)

        route.on_message(up)
        server.on_message(down)

    page = await workplace.website.visit("about:blank", locale="en-GB")
    await page.route_web_socket("**/feed", through)
    await workplace.enter(page)
    await workplace.house.send_mail(make_mail(Subject="First"))
    await workplace.house.send_mail(make_mail(Subject="Second"))
    await expect(page.locator(".list a")).to_have_count(2)
    await workplace.house.send_mail(make_mail(Subject="Third"))
    await expect(page.locator(".list a")).to_have_count(3)
    assert (len(lost), len(cursors)) == (1, 1)


async def test_words_outlive_a_lost_answer_and_are_sent_once(workplace: Workplace) -> None:
    await workplace.house.send_mail(make_mail())
    page = await workplace.log_in()
    await page.get_by_role("link", name="Parcel").click()
    await page.get_by_role("button", name="Take").click()

    async def lose(route: Route) -> None:
        await route.fetch()
        await route.abort()

    await page.route("**/replies", lose, times=1)
    words = page.get_by_label("Your reply to the customer")
    await words.fill("It comes today.")
    await page.get_by_role("button", name="Send reply").click()
    await expect(page.get_by_text("Your words are still here.")).to_be_visible()
    await page.reload()
    await expect(words).to_have_value("It comes today.")
    await page.get_by_role("button", name="Send reply").click()
    await expect(words).to_have_value("")
    await expect(page.locator(".message.outbound")).to_have_count(1)
    assert await workplace.house.count("message") == 2


async def test_a_session_that_ends_asks_for_another_and_keeps_the_draft(
    workplace: Workplace,
) -> None:
    await workplace.house.send_mail(make_mail())
    page = await workplace.log_in()
    await page.get_by_role("link", name="Parcel").click()
    note = page.get_by_label("A note that only agents see")
    await note.fill("She has called.")
    sessions = f"/v1/agents/{workplace.house.team.agent_id}/tokens"
    [browsers] = [t for t in await workplace.ask("GET", sessions) if t["name"] == "Desk"]
    await workplace.ask("DELETE", f"/v1/tokens/{browsers['id']}")
    await expect(page.get_by_text("Your session has ended.")).to_be_visible(timeout=20_000)
    await workplace.fill_in(page)
    await expect(note).to_have_value("She has called.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", ["narrow", "wide"])
async def test_nothing_serious_stands_in_the_way(
    workplace: Workplace, width: str, scheme: Literal["light", "dark"]
) -> None:
    house = workplace.house
    page = await workplace.website.visit(
        f"{house.url}/desk", width=width, scheme=scheme, locale="it-IT"
    )
    await expect(page.get_by_role("button", name="Accedi")).to_be_visible()
    assert await serious_issues(page) == []
    await workplace.website.shoot(page, f"desk-login-{width}-{scheme}")
    for subject in ("A question about my order", "Parcel"):
        await house.send_mail(make_mail(Subject=subject))
    page = await workplace.log_in(width=width, scheme=scheme)
    await expect(page.get_by_text("A question about my order")).to_be_visible()
    assert await serious_issues(page) == []
    await workplace.website.shoot(page, f"desk-list-{width}-{scheme}")
    await page.get_by_role("link", name="Parcel").click()
    await page.get_by_role("button", name="Take").click()
    await page.get_by_role("button", name="Note").click()
    await page.get_by_label("A note that only agents see").fill("She has called, too.")
    await page.get_by_role("button", name="Add note").click()
    await page.get_by_role("button", name="Reply").click()
    await page.get_by_label("Your reply to the customer").fill("It comes today.")
    await page.get_by_role("button", name="Send reply").click()
    await expect(page.locator(".message")).to_have_count(3)
    await page.get_by_text("Why here?").click()
    assert await serious_issues(page) == []
    await workplace.website.shoot(page, f"desk-thread-{width}-{scheme}")
    await page.get_by_role("button", name="Escalate…").click()
    assert await serious_issues(page) == []
    await workplace.website.shoot(page, f"desk-escalation-{width}-{scheme}")
